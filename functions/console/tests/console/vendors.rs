//! Salesforce, Aircall and Secrets Manager, as the console's tests have them: two sandboxes, and secrets in memory.

mod barrier;
mod secrets;

use axum::Router;
use tokio::net::TcpListener;

pub(crate) use self::barrier::Barrier;
pub(crate) use self::secrets::Secrets;

/// What is outside of the console, behind one gate.
#[derive(Clone)]
pub(crate) struct Vendors {
    pub(crate) salesforce: salesforce_sandbox::Org,
    pub(crate) salesforce_url: String,
    pub(crate) aircall: aircall_sandbox::Company,
    pub(crate) aircall_url: String,
    pub(crate) secrets: Secrets,
    pub(crate) gate: Barrier,
}

impl Vendors {
    pub(crate) async fn start() -> Self {
        let gate = Barrier::default();
        let salesforce = salesforce_sandbox::Org::new(salesforce_sandbox::Options::default());
        let salesforce_url = serve(gate.in_front_of(salesforce.router())).await;
        let aircall = aircall_sandbox::Company::new(aircall_sandbox::Options {
            rate_limit: 0,
            api_id: Some("api-id".to_owned()),
            api_token: Some("api-token".to_owned()),
            ..aircall_sandbox::Options::default()
        });
        let aircall_url = serve(gate.in_front_of(aircall.router())).await;
        let secrets = Secrets::default();
        let (client_id, client_secret) = (salesforce.client_id(), salesforce.client_secret());
        secrets.put("salesforce-app", &app(&client_id, &client_secret));
        secrets.put("aircall-app", &app(&aircall.client_id(), &aircall.client_secret()));
        secrets.listen(&serve(gate.in_front_of(secrets.router())).await);
        Self { salesforce, salesforce_url, aircall, aircall_url, secrets, gate }
    }
}

/// The secret of an app that admins authorise.
pub(crate) fn app(client_id: &str, client_secret: &str) -> String {
    serde_json::json!({ "client_id": client_id, "client_secret": client_secret }).to_string()
}

/// The address on which `router` answers while the test runs.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}
