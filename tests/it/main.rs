//! Tests from outside: real function binaries behind the webhook URL, the console's API and a sandbox Salesforce org.

mod template;
