//! Who loves what, drawn from numbers: the same number is the same artist, track or user each time.

/// Favourites of a user on average, once those that were drawn twice are left out.
const FAVOURITES_OF_USER: u64 = 86;

/// Tracks of an artist: four albums of ten.
const TRACKS_OF_ARTIST: u64 = 40;
const TRACKS_OF_ALBUM: u64 = 10;

/// Circles of artists and those who listen to them.
const SCENES: u64 = 24;

/// Microseconds of a day.
const DAY: u64 = 86_400_000_000;

/// Words that titles really are made of, the most frequent first.
const COMMON: &str = "the love you me in of a to my your it i on for blue night all time down no heart we \
    dance day is man go baby world home up be with life rain from out girl good one what don this song \
    fire back away never little new black know let like sun come light blues dream moon river road";

const GENRES: &str = "rock pop jazz soul funk disco house techno ambient folk country blues metal punk \
    reggae dub samba tango flamenco fado opera baroque grime garage";

const COUNTRIES: &str = "US BR IN DE GB FR JP MX IT ES PL AR CA SE NL TR KR NG ZA AU PT NO FI IS";

/// A catalogue and its listeners.
pub(crate) struct World {
    pub(crate) tracks: u64,
    pub(crate) artists: u64,
    pub(crate) albums: u64,
    pub(crate) users: u64,
    /// How likely each track of a scene is loved, the tracks before it included.
    likely: Vec<f64>,
}

/// Numbers that look drawn by chance.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64, of: u64) -> Self {
        Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ of.wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// From 0 to 1.
    pub(crate) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Small numbers far more often than great ones: below `bound`, by Zipf's law.
    pub(crate) fn skewed(&mut self, bound: u64) -> u64 {
        let drawn = (bound as f64).powf(self.share()) - 1.0;
        (drawn as u64).min(bound.saturating_sub(1))
    }
}

pub(crate) struct Favourite {
    pub(crate) track: u64,
    /// In microseconds before now.
    pub(crate) ago: u64,
}

impl World {
    pub(crate) fn new(tracks: u64, favourites: u64) -> Self {
        let artists = tracks.div_ceil(TRACKS_OF_ARTIST);
        let mut sum = 0.0;
        let of_scene = tracks / SCENES;
        let likely = (1..=of_scene.max(1)).map(|rank| {
            sum += 1.0 / (rank as f64).powf(0.9);
            sum
        });
        World {
            tracks,
            artists,
            albums: tracks.div_ceil(TRACKS_OF_ALBUM),
            users: (favourites / FAVOURITES_OF_USER).max(1),
            likely: likely.collect(),
        }
    }

    pub(crate) fn artist_of_album(&self, album: u64) -> u64 {
        album * TRACKS_OF_ALBUM / TRACKS_OF_ARTIST
    }

    pub(crate) fn album_of_track(&self, track: u64) -> u64 {
        track / TRACKS_OF_ALBUM
    }

    pub(crate) fn number_on_album(&self, track: u64) -> u64 {
        track % TRACKS_OF_ALBUM + 1
    }

    pub(crate) fn genres(&self, artist: u64) -> [&'static str; 2] {
        let all: Vec<&str> = GENRES.split_whitespace().collect();
        let scene = usize::try_from(artist % SCENES).unwrap_or_default();
        let beside = usize::try_from(Chance::new(11, artist).below(SCENES)).unwrap_or_default();
        let beside = if beside == scene { scene + 1 } else { beside };
        [all[scene % all.len()], all[beside % all.len()]]
    }

    pub(crate) fn country(&self, number: u64) -> &'static str {
        let all: Vec<&str> = COUNTRIES.split_whitespace().collect();
        let drawn = Chance::new(12, number).skewed(all.len() as u64);
        all[usize::try_from(drawn).unwrap_or_default() % all.len()]
    }

    pub(crate) fn year(&self, album: u64) -> u64 {
        1955 + Chance::new(13, album).below(70)
    }

    pub(crate) fn artist_name(&self, artist: u64) -> String {
        let mut chance = Chance::new(14, artist);
        let first = word(60 + chance.below(8_000));
        capitalised(&format!("{first} {}", word(60 + artist)))
    }

    pub(crate) fn album_title(&self, album: u64) -> String {
        title(&mut Chance::new(15, album))
    }

    pub(crate) fn track_title(&self, track: u64) -> String {
        title(&mut Chance::new(16, track))
    }

    /// What a user loves, each track once.
    pub(crate) fn favourites(&self, user: u64) -> Vec<Favourite> {
        let mut chance = Chance::new(17, user);
        // From 11 to 2,200, half of them below 13.
        let count = (11.0 * 200_f64.powf(chance.share().powi(5))) as u64;
        let scenes = [chance.below(SCENES), chance.below(SCENES)];
        let mut drawn = std::collections::HashSet::new();
        let mut favourites = Vec::new();
        for _ in 0..count {
            let scene = match chance.below(10) {
                0..=5 => scenes[0],
                6..=7 => scenes[1],
                _ => chance.below(SCENES),
            };
            let track = self.track_of_scene(scene, chance.share());
            // Most of what somebody loves is of lately: half of it of the last half year.
            let age = chance.share().powi(2) * 730.0;
            if drawn.insert(track) {
                favourites.push(Favourite {
                    track,
                    ago: (age * DAY as f64) as u64 + favourites.len() as u64,
                });
            }
        }
        favourites
    }

    /// A track of a scene, as likely as it is loved.
    fn track_of_scene(&self, scene: u64, share: f64) -> u64 {
        let all = self.likely.last().copied().unwrap_or_default();
        let rank = self.likely.partition_point(|it| *it < share * all) as u64;
        // The artists of a scene are every so many; their tracks are spread over them, so that
        // everybody has a few that are known.
        let artists = (self.artists / SCENES).max(1);
        let artist = (rank % artists) * SCENES + scene;
        let track = artist * TRACKS_OF_ARTIST + (rank / artists) % TRACKS_OF_ARTIST;
        track.min(self.tracks - 1)
    }
}

fn title(chance: &mut Chance) -> String {
    let count = 1 + chance.below(4);
    let words: Vec<String> = (0..count).map(|_| word(chance.skewed(40_000))).collect();
    capitalised(&words.join(" "))
}

/// The word of this rank.
pub(crate) fn word(rank: u64) -> String {
    let common: Vec<&str> = COMMON.split_whitespace().collect();
    if let Some(word) = usize::try_from(rank).ok().and_then(|it| common.get(it)) {
        return (*word).to_owned();
    }
    const BEGIN: [&str; 16] = [
        "b", "br", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "v",
    ];
    const MIDDLE: [&str; 10] = ["a", "e", "i", "o", "u", "ai", "ea", "ou", "y", "oo"];
    const END: [&str; 8] = ["n", "r", "l", "s", "m", "t", "nd", "ck"];
    let mut rest = Chance::new(18, rank).next();
    let mut word = String::new();
    let mut pick = |from: &[&'static str]| {
        let one = from[usize::try_from(rest % from.len() as u64).unwrap_or_default()];
        rest /= from.len() as u64;
        one
    };
    for _ in 0..2 + rank % 2 {
        word.push_str(pick(&BEGIN));
        word.push_str(pick(&MIDDLE));
    }
    word.push_str(pick(&END));
    word
}

fn capitalised(text: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|it| it.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
