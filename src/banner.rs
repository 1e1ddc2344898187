//! What a newcomer reads when everything is ready: where to go, and what to ask first.

use crate::options::Options;

/// A user from one service, with favourites from the other.
const DEMO_QUERY: &str = include_str!("../schema/operations/user_with_favourites.graphql");

/// What an empty federation can answer.
const EMPTY_QUERY: &str =
    "{\n  users(first: 5) {\n    edges {\n      node {\n        username\n      }\n    }\n  }\n}\n";

/// The whole message.
pub(crate) fn text(options: &Options) -> String {
    let address = format!("http://127.0.0.1:{}", options.router_port);
    let (title, query) = if options.no_demo {
        ("A first query", EMPTY_QUERY)
    } else {
        (
            "A user from one service, with favourites from the other",
            DEMO_QUERY,
        )
    };
    let mut text = format!(
        "\n\
         MusicWallet is ready.\n\
         \n\
         \x20 Playground   {address}/\n\
         \x20 Endpoint     {address}/graphql\n\
         \n\
         {title}:\n\
         \n\
         {}\n\
         The same without a browser:\n\
         \n\
         \x20 {}\n\
         \n",
        indented(query),
        curl(&address, query)
    );
    text.push_str(&if options.no_demo {
        register(&address)
    } else {
        sign_in(&address)
    });
    text.push_str("Ctrl-C stops everything.\n\n");
    text
}

/// How to become somebody whom the demo data know.
fn sign_in(address: &str) -> String {
    let (username, password) = users::demo::DEMO_SIGN_IN;
    let mutation = format!(
        "mutation {{ signIn(input: {{ username: \"{username}\", password: \"{password}\" }}) {{ accessToken }} }}"
    );
    format!(
        "Demo sign-in: user name {username}, password {password}. It answers with an access token:\n\
         \n\
         \x20 {}\n\
         \n\
         The token goes into the playground's Headers: {{\"Authorization\": \"Bearer …\"}}\n\
         \n",
        curl(address, &mutation)
    )
}

/// How to become somebody where nobody is yet.
fn register(address: &str) -> String {
    format!(
        "There are no users yet: the mutation `register` makes one. Its fields are documented in the playground, {address}/\n\n"
    )
}

fn indented(query: &str) -> String {
    query.lines().map(|line| format!("  {line}\n")).collect()
}

/// A command that sends a query, to be copied into a shell.
fn curl(address: &str, query: &str) -> String {
    let one_line = query.split_whitespace().collect::<Vec<_>>().join(" ");
    let body = serde_json::json!({ "query": one_line }).to_string();
    // In single quotes a shell takes everything as it stands, but the quote itself.
    let quoted = body.replace('\'', r"'\''");
    format!("curl {address}/graphql -H 'content-type: application/json' -d '{quoted}'")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::options::CommandLine;

    use super::*;

    fn text_for(flags: &[&str]) -> String {
        let line =
            CommandLine::try_parse_from([&["musicwallet"], flags].concat()).expect("valid flags");
        text(&line.options)
    }

    #[test]
    fn the_addresses_are_those_of_the_router() {
        let text = text_for(&["--router-port", "5000"]);
        assert!(
            text.contains("  Playground   http://127.0.0.1:5000/\n"),
            "{text}"
        );
        assert!(
            text.contains("curl http://127.0.0.1:5000/graphql"),
            "{text}"
        );
        assert!(!text.contains(":4000"), "{text}");
    }

    #[test]
    fn the_demo_user_is_told() {
        let (username, password) = users::demo::DEMO_SIGN_IN;
        let text = text_for(&[]);
        assert!(
            text.contains(&format!("user name {username}, password {password}.")),
            "{text}"
        );
    }

    #[test]
    fn without_demo_data_no_demo_user_is_told() {
        let text = text_for(&["--no-demo"]);
        let (username, password) = users::demo::DEMO_SIGN_IN;
        assert!(
            !text.contains(&format!("\"{username}\"")) && !text.contains(password),
            "{text}"
        );
        assert!(text.contains("`register`"), "{text}");
    }

    #[test]
    fn the_query_is_the_playgrounds() {
        let playground = include_str!("../router/router.yaml");
        let in_yaml: String = DEMO_QUERY
            .lines()
            .map(|line| format!("    {line}\n"))
            .collect();
        assert!(
            playground.contains(&in_yaml),
            "schema/operations/user_with_favourites.graphql and playground.default_query in router/router.yaml differ: a newcomer is to see one query"
        );
    }

    #[test]
    fn a_curl_line_survives_the_shell() {
        let line = curl(
            "http://127.0.0.1:4000",
            "{\n  user(username: \"o'hara\") { id }\n}\n",
        );
        assert_eq!(
            line,
            r#"curl http://127.0.0.1:4000/graphql -H 'content-type: application/json' -d '{"query":"{ user(username: \"o'\''hara\") { id } }"}'"#
        );
    }
}
