//! The page that asks what an app may do.

use super::{Form, Page, escape};
use crate::account::Account;
use crate::oauth::scope::Scopes;
use crate::store::Client;

pub(in crate::oauth) fn page(
    form: &Form,
    client: &Client,
    scopes: &Scopes,
    account: &Account,
) -> Page {
    let items: String = scopes
        .in_words()
        .map(|words| format!("<li>{}</li>", escape(words)))
        .collect();
    let body = format!(
        "<p><strong>{app}</strong> would like to:</p><ul>{items}</ul>\
         <p class=\"small\">You are signed in as {name}.</p>{open}\
         <button class=\"main\" name=\"action\" value=\"allow\">Allow</button> \
         <button name=\"action\" value=\"deny\">Do not allow</button> \
         <button name=\"action\" value=\"sign_out\">Sign in as somebody else</button></form>",
        app = escape(&client.name),
        name = escape(&account.username),
        open = form.open(),
    );
    Page::new("Allow this app?", body)
}
