//! The OAuth flow, including the admin's consent.

use aircall::client::{Credentials, Error};
use aircall::oauth::App;
use secrecy::ExposeSecret;
use url::Url;

use crate::sandbox::Sandbox;

fn app(sandbox: &Sandbox) -> App {
    App {
        client_id: sandbox.company.client_id(),
        client_secret: sandbox.company.client_secret().into(),
        redirect_uri: "https://app.example.com/aircall/callback".parse().unwrap(),
    }
}

/// Gives the admin's consent. Returns the URL that it redirects to.
async fn allow(app: &App, sandbox: &Sandbox, state: &str) -> Url {
    let url = app.authorize_url(&sandbox.url, state);
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    assert_eq!(http.get(url.clone()).send().await.unwrap().status(), 200);
    let mut form: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    form.push(("decision".to_owned(), "allow".to_owned()));
    let answer = http.post(url).form(&form).send().await.unwrap();
    answer.headers()["location"].to_str().unwrap().parse().unwrap()
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}

#[test]
fn the_authorize_url_is_on_the_dashboard() {
    let app = App {
        client_id: "an-app".to_owned(),
        client_secret: "secret".into(),
        redirect_uri: "https://app.example.com/back?a=1".parse().unwrap(),
    };
    let url = app.authorize_url(&aircall::oauth::DASHBOARD_URL.parse().unwrap(), "s&t");
    assert_eq!(
        url.as_str(),
        "https://dashboard.aircall.io/oauth/authorize?client_id=an-app&redirect_uri=https%3A%2F%2Fapp.example.com%2Fback\
         %3Fa%3D1&response_type=code&scope=public_api&state=s%26t"
    );
}

#[tokio::test]
async fn a_code_is_exchanged_once_for_a_working_token() {
    let sandbox = Sandbox::start().await;
    let app = app(&sandbox);
    let back = allow(&app, &sandbox, "a&b").await;
    assert_eq!((back.host_str(), parameter(&back, "state").as_str()), (Some("app.example.com"), "a&b"));
    let http = reqwest::Client::new();
    let access_token = app.exchange_code(&http, &sandbox.url, &parameter(&back, "code")).await.unwrap();
    assert_eq!(sandbox.client_with(Credentials::OAuth { access_token }).ping().await, Ok(()));
    let again = app.exchange_code(&http, &sandbox.url, &parameter(&back, "code")).await.unwrap_err();
    assert!(matches!(again, Error::Rejected { status: 400, .. }), "{again:?}");
}

#[tokio::test]
async fn wrong_app_credentials_are_refused() {
    let sandbox = Sandbox::start().await;
    let app = App { client_secret: "guess".into(), ..app(&sandbox) };
    let error = app.exchange_code(&reqwest::Client::new(), &sandbox.url, "code").await.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    assert!(!format!("{app:?}").contains(app.client_secret.expose_secret()));
}
