//! The page that asks for the password.

use super::{Form, Page, escape, problem};
use crate::store::Client;

pub(in crate::oauth) fn page(
    form: &Form,
    client: &Client,
    hint: Option<&str>,
    wrong: Option<&str>,
) -> Page {
    let body = format!(
        "<p>to go on to <strong>{name}</strong></p>{problem}{open}\
         <label>User name or e-mail address<input name=\"username\" autocomplete=\"username\" \
         autocapitalize=\"none\" spellcheck=\"false\" required autofocus value=\"{hint}\"></label>\
         <label>Password<input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label>\
         <button class=\"main\" name=\"action\" value=\"sign_in\">Sign in</button></form>",
        name = escape(&client.name),
        problem = problem(wrong),
        open = form.open(),
        hint = escape(hint.unwrap_or_default()),
    );
    Page::new("Sign in to MusicWallet", body)
}
