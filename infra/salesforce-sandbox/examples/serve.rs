//! Serves an org on 127.0.0.1:8081 and prints an access token.
#[tokio::main]
async fn main() {
    let org = salesforce_sandbox::Org::new(salesforce_sandbox::Options::default());
    println!("{}", org.issue_grant(&org.admin_user_id()).access_token);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:18081").await.expect("port");
    axum::serve(listener, org.router()).await.expect("serve");
}
