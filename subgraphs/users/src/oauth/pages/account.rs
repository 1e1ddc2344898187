//! The pages that mailed links lead to. Opening one changes nothing, for programs that look through
//! mail open links too; pressing its button does.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use kit::{Code, Failure};

use super::{Page, escape, failed, problem};
use crate::flows;
use crate::oauth::Provider;
use crate::oauth::error::OAuthError;
use crate::oauth::parameters::Parameters;

/// `GET` of the link that proves an address.
pub(in crate::oauth) async fn ask_to_verify(RawQuery(query): RawQuery) -> Response {
    match token_of(query) {
        Ok(token) => Page::new("Is this your address?", verify_form(&token)).show(StatusCode::OK),
        Err(error) => failed(&error),
    }
}

/// `POST` of that page.
pub(in crate::oauth) async fn verify(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = match Parameters::of_form(&headers, &body) {
        Ok(form) => form,
        Err(error) => return failed(&error),
    };
    let token = form.get("token").unwrap_or_default().to_owned();
    match flows::prove_email(&provider.services, token).await {
        Ok(_) => {
            let body = "<p>The address is yours. You can close this page.</p>".to_owned();
            Page::new("Thank you", body).show(StatusCode::OK)
        }
        Err(failure) => refused(&failure),
    }
}

/// `GET` of the link that resets a password.
pub(in crate::oauth) async fn ask_for_password(RawQuery(query): RawQuery) -> Response {
    match token_of(query) {
        Ok(token) => {
            let body = password_form(&token, None);
            Page::new("Choose a new password", body).show(StatusCode::OK)
        }
        Err(error) => failed(&error),
    }
}

/// `POST` of that page.
pub(in crate::oauth) async fn reset(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = match Parameters::of_form(&headers, &body) {
        Ok(form) => form,
        Err(error) => return failed(&error),
    };
    let token = form.get("token").unwrap_or_default();
    let password = form.get("password").unwrap_or_default();
    match flows::reset_password(&provider.services, token.to_owned(), password).await {
        Ok(_) => {
            let body =
                "<p>The password is set, and all sessions have ended. Sign in again with it.</p>";
            Page::new("Thank you", body.to_owned()).show(StatusCode::OK)
        }
        // The link is still good.
        Err(failure) if failure.argument() == Some("newPassword") => {
            let body = password_form(token, Some(failure.message()));
            Page::new("Choose a new password", body).show(StatusCode::BAD_REQUEST)
        }
        Err(failure) => refused(&failure),
    }
}

fn token_of(query: Option<String>) -> Result<String, OAuthError> {
    let parameters = Parameters::of_query(&query.unwrap_or_default())?;
    parameters.need("token").map(str::to_owned)
}

fn refused(failure: &Failure) -> Response {
    match failure.code() {
        Code::BadUserInput | Code::Conflict => {
            let body = format!("<p class=\"problem\">{}.</p>", escape(failure.message()));
            Page::new("That did not work", body).show(StatusCode::BAD_REQUEST)
        }
        _ => failed(&failure.clone().into()),
    }
}

fn verify_form(token: &str) -> String {
    format!(
        "<p>Press the button if you asked MusicWallet for this mail.</p><form method=\"post\" \
         action=\"{path}\"><input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <button class=\"main\">It is my address</button></form>",
        path = flows::VERIFY_EMAIL_PATH,
        token = escape(token),
    )
}

fn password_form(token: &str, wrong: Option<&str>) -> String {
    format!(
        "{problem}<form method=\"post\" action=\"{path}\">\
         <input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <label>New password<input name=\"password\" type=\"password\" autocomplete=\"new-password\" \
         minlength=\"10\" required></label><button class=\"main\">Set it</button></form>",
        problem = problem(wrong),
        path = flows::RESET_PASSWORD_PATH,
        token = escape(token),
    )
}
