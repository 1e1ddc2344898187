//! The form of a name that is searched and sorted: lower case, without accents.
//!
//! The database cannot be asked for this: SQLite ignores case for ASCII only, and Postgres
//! sorts by the collation it was installed with. So the key is computed here, stored beside
//! the name and compared byte by byte, which gives the same order on every database.

/// The key of a name: `"Ágætis  Byrjun"` gives `"agaetis byrjun"`.
pub fn search_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        if !key.is_empty() {
            key.push(' ');
        }
        for letter in word.chars().flat_map(char::to_lowercase) {
            match plain_form(letter) {
                Some(plain) => key.push_str(plain),
                None => key.push(letter),
            }
        }
    }
    key
}

/// A `LIKE` pattern's inside that matches `key` itself, with `\` as the escape character.
pub fn escape_like(key: &str) -> String {
    let mut escaped = String::with_capacity(key.len());
    for letter in key.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// What people type who have no key for this (lower-case) letter; `None` keeps the letter.
fn plain_form(letter: char) -> Option<&'static str> {
    let plain = match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì' | 'í' | 'î' | 'ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        '‘' | '’' => "'",
        '“' | '”' => "\"",
        '–' | '—' => "-",
        // Accents written as characters of their own.
        '\u{300}'..='\u{36f}' => "",
        _ => return None,
    };
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_and_case_do_not_matter() {
        assert_eq!(search_key("Björk"), "bjork");
        assert_eq!(search_key("BJO\u{308}RK"), "bjork");
        assert_eq!(search_key("Sigur Rós"), search_key("sigur ros"));
        assert_eq!(search_key("Façades"), "facades");
        assert_eq!(search_key("El Cóndor Pasa"), "el condor pasa");
    }

    #[test]
    fn letters_without_a_plain_form_are_kept() {
        assert_eq!(search_key("Группа крови"), "группа крови");
        assert_eq!(
            search_key("戦場のメリークリスマス"),
            "戦場のメリークリスマス"
        );
    }

    #[test]
    fn blanks_are_one_space_and_never_at_the_ends() {
        assert_eq!(search_key("  So \t What\n"), "so what");
    }

    #[test]
    fn wildcards_are_escaped() {
        assert_eq!(escape_like(r"100%_\"), r"100\%\_\\");
    }
}
