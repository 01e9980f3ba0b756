//! Connections that fail before and after a request was sent.

use std::time::Duration;

use secrecy::SecretString;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use wiremock::ResponseTemplate;

use super::{TOKEN, org};
use crate::{ApiVersion, Client, Error, Soql, Transport};

fn client_at(address: std::net::SocketAddr) -> Client {
    let http = reqwest::Client::builder().timeout(Duration::from_millis(300)).build().unwrap();
    let url = format!("http://{address}").parse().unwrap();
    Client::new(http, url, SecretString::from(TOKEN), ApiVersion::default())
}

fn query() -> Soql {
    Soql::active_users(&["jane@example.com".to_owned()], &["Email"]).remove(0)
}

#[tokio::test]
async fn a_refused_connection_is_unsent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = client_at(address).query(&query()).await.unwrap_err();
    assert!(matches!(error, Error::Unsent(_)), "{error}");
}

#[tokio::test]
async fn a_connection_that_ends_after_the_request_is_unanswered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client_at(listener.local_addr().unwrap());
    let server = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = [0; 8192];
        assert!(socket.read(&mut request).await.unwrap() > 0);
    };
    let query = query();
    let (answer, ()) = tokio::join!(client.query(&query), server);
    let error = answer.unwrap_err();
    assert!(matches!(error, Error::Unanswered(Transport::Connection(_))), "{error}");
    assert!(!format!("{error} {error:?}").contains("example.com"), "the address of the request must not show");
}

#[tokio::test]
async fn a_timeout_is_unanswered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = client_at(listener.local_addr().unwrap()).query(&query()).await.unwrap_err();
    assert_eq!(error, Error::Unanswered(Transport::TimedOut));
}

#[tokio::test]
async fn a_body_that_is_too_long_is_rejected() {
    let flood = ResponseTemplate::new(200).set_body_bytes(vec![b' '; (16 << 20) + 1]);
    let (_server, client) = org("GET", "query", flood).await;
    assert_eq!(client.query(&query()).await, Err(Error::Unanswered(Transport::TooLong)));
}

#[test]
fn debug_of_a_client_does_not_show_the_token() {
    let client = client_at(([127, 0, 0, 1], 1).into());
    assert!(!format!("{client:?}").contains("secret-access-token"));
}
