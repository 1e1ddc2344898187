//! What the `@link`s of a supergraph say about names: which elements belong to a specification.

use schema::{Name, SpecificationUrl, Value};

use crate::{Link, Model};

impl Link {
    /// The linked specification, if the URL can be understood.
    pub fn url(&self) -> Option<SpecificationUrl> {
        SpecificationUrl::parse(self.directive.argument("url")?.as_str()?)
    }

    /// The prefix of the specification's elements here: the alias, or its own name.
    pub fn prefix(&self) -> Option<String> {
        match self.directive.argument("as").and_then(Value::as_str) {
            Some(alias) => Some(alias.to_owned()),
            None => self.url().map(|url| url.name),
        }
    }

    /// What the specification's directive `name` (without `@`) is called here.
    pub fn directive_name(&self, name: &str) -> Option<Name> {
        if let Some((_, local)) = self
            .imports()
            .find(|(original, _)| original.strip_prefix('@') == Some(name))
        {
            return Some(Name::new(local.trim_start_matches('@')));
        }
        let prefix = self.prefix()?;
        if self.url()?.name == name {
            return Some(Name::new(prefix));
        }
        Some(Name::new(format!("{prefix}__{name}")))
    }

    /// The imported elements: as the specification names them, and as they are named here. Names of
    /// directives keep their `@`.
    pub fn imports(&self) -> impl Iterator<Item = (&str, &str)> {
        let items = match self.directive.argument("import") {
            Some(Value::List(items)) => items.as_slice(),
            _ => &[],
        };
        items.iter().filter_map(|item| match item {
            Value::String(name) => Some((name.as_str(), name.as_str())),
            Value::Object(fields) => {
                let text = |key: &str| {
                    fields
                        .iter()
                        .find(|(name, _)| name == key)
                        .and_then(|(_, value)| value.as_str())
                };
                let name = text("name")?;
                Some((name, text("as").unwrap_or(name)))
            }
            _ => None,
        })
    }
}

impl Model {
    /// The link to the specification with this identity.
    pub fn link_to(&self, identity: &str) -> Option<&Link> {
        self.links
            .iter()
            .find(|link| link.url().is_some_and(|url| url.identity == identity))
    }

    /// What the directive of one of Apollo's one-directive specifications is called here, such as
    /// `inaccessible` or `tag`; nothing where the specification is not linked.
    pub fn specification_directive(&self, name: &str) -> Option<Name> {
        self.link_to(&format!("https://specs.apollo.dev/{name}"))?
            .directive_name(name)
    }
}

#[test]
fn imports_may_rename() {
    let value = |text: &str| Value::String(text.to_owned());
    let link = Link {
        directive: schema::Directive {
            name: "link".into(),
            arguments: vec![
                ("url".into(), value("https://specs.apollo.dev/cost/v0.1")),
                (
                    "import".into(),
                    Value::List(vec![Value::Object(vec![
                        ("name".into(), value("@listSize")),
                        ("as".into(), value("@size")),
                    ])]),
                ),
            ],
        },
    };
    let name = |directive: &str| link.directive_name(directive).unwrap().to_string();
    assert_eq!(name("listSize"), "size");
    assert_eq!(name("cost"), "cost");
    assert_eq!(name("other"), "cost__other");
}
