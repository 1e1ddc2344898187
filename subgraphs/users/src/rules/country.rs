//! Countries by their two-letter code (ISO 3166-1 alpha-2).

use kit::{Failure, Result};

/// All officially assigned codes, in one string of pairs.
const CODES: &str = "\
ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCN\
COCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHM\
HNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMK\
MLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURW\
SASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVI\
VNVUWFWSYEYTZAZMZW";

/// A country's code in capitals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country(String);

impl Country {
    /// Understands `text`, sent as `argument`.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when no country has this code.
    pub fn parse(argument: &'static str, text: &str) -> Result<Self> {
        let code = text.trim().to_ascii_uppercase();
        if CODES.as_bytes().chunks(2).any(|it| it == code.as_bytes()) {
            return Ok(Country(code));
        }
        Err(Failure::bad_input(
            argument,
            "A country is a two-letter code of ISO 3166-1, such as GB or JP",
        ))
    }

    /// The code itself.
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_all_assigned_codes_once() {
        let codes: Vec<_> = CODES.as_bytes().chunks(2).collect();
        assert_eq!(codes.len(), 249);
        assert!(
            codes.is_sorted_by(|a, b| a < b),
            "sorted, so that none is there twice"
        );
    }

    #[test]
    fn codes_are_understood_in_any_case() {
        assert_eq!(
            Country::parse("country", "gb")
                .expect("valid")
                .into_string(),
            "GB"
        );
        // The last two straddle two neighbouring codes of the list.
        for text in ["", "G", "GBR", "XX", "UK", "ÄÖ", "DA"] {
            assert!(Country::parse("country", text).is_err(), "{text}");
        }
    }
}
