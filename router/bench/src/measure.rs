//! What the kernel knows of a process: CPU time and memory, from `/proc`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

/// Resident memory in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// Now.
    pub(crate) resident: u64,
    /// The most there ever was.
    pub(crate) peak: u64,
}

/// A process that is watched.
#[derive(Debug)]
pub(crate) struct Watched {
    folder: PathBuf,
    ticks_per_second: u64,
}

impl Watched {
    /// Watches the process with this id.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub(crate) fn new(pid: u32) -> anyhow::Result<Self> {
        let vector =
            std::fs::read("/proc/self/auxv").context("reading /proc/self/auxv (is this Linux?)")?;
        Ok(Self {
            folder: PathBuf::from(format!("/proc/{pid}")),
            ticks_per_second: ticks_per_second(&vector)
                .context("the kernel does not tell its clock ticks")?,
        })
    }

    /// User and system time of all its threads, those that ended included.
    ///
    /// # Errors
    /// When the process is gone.
    pub(crate) fn cpu_time(&self) -> anyhow::Result<Duration> {
        let text = self.read("stat")?;
        let ticks = parse_cpu_ticks(&text).context("/proc/PID/stat is not as expected")?;
        Ok(Duration::from_micros(
            ticks * 1_000_000 / self.ticks_per_second,
        ))
    }

    /// Its memory.
    ///
    /// # Errors
    /// When the process is gone.
    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        let text = self.read("status")?;
        parse_memory(&text).context("/proc/PID/status is not as expected")
    }

    fn read(&self, file: &str) -> anyhow::Result<String> {
        let path = self.folder.join(file);
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
    }
}

/// How many clock ticks a second has in `/proc`, from the process's auxiliary vector: pairs of
/// native words, of which number 17 (`AT_CLKTCK`) is the one.
fn ticks_per_second(auxiliary_vector: &[u8]) -> Option<u64> {
    const AT_CLKTCK: usize = 17;
    let word = |bytes: &[u8]| bytes.try_into().ok().map(usize::from_ne_bytes);
    auxiliary_vector
        .chunks_exact(2 * size_of::<usize>())
        .map(|pair| pair.split_at(size_of::<usize>()))
        .find(|(key, _)| word(key) == Some(AT_CLKTCK))
        .and_then(|(_, value)| u64::try_from(word(value)?).ok())
        .filter(|ticks| *ticks > 0)
}

/// `utime + stime`, in ticks. The name stands in brackets and may hold anything, brackets too.
fn parse_cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    // proc(5) counts from 1, and the first field after the name is number 3.
    let mut fields = after_name.split_ascii_whitespace().skip(14 - 3);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// What `/proc/PID/status` says of memory.
pub(crate) fn parse_memory(status: &str) -> Option<Memory> {
    let bytes = |key: &str| {
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024)
    };
    Some(Memory {
        resident: bytes("VmRSS")?,
        peak: bytes("VmHWM")?,
    })
}

#[test]
fn cpu_ticks_are_found_behind_any_name() {
    let rest = "S 1 2 3 0 -1 4194560 100 0 0 0 700 35 5 6 20 0 2 0 99 1000 200 184";
    assert_eq!(parse_cpu_ticks(&format!("42 (router) {rest}")), Some(735));
    assert_eq!(parse_cpu_ticks(&format!("42 (a) b) (c) {rest}")), Some(735));
    assert_eq!(parse_cpu_ticks("42 (router) S 1 2"), None);
    assert_eq!(parse_cpu_ticks(""), None);
}

#[test]
fn memory_is_in_bytes() {
    let status = "Name:\trouter\nVmPeak:\t  9000 kB\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\n";
    let memory = Memory {
        resident: 1_048_576,
        peak: 2_097_152,
    };
    assert_eq!(parse_memory(status), Some(memory));
    assert_eq!(parse_memory("Name:\tkthreadd\n"), None);
}

#[test]
fn ticks_are_read_from_the_auxiliary_vector() {
    let mut vector = Vec::new();
    for word in [6_usize, 4096, 17, 100, 0, 0] {
        vector.extend(word.to_ne_bytes());
    }
    assert_eq!(ticks_per_second(&vector), Some(100));
    assert_eq!(ticks_per_second(&vector[..16]), None);
}

#[cfg(target_os = "linux")]
#[test]
fn we_can_watch_ourselves() {
    let ourselves = Watched::new(std::process::id()).unwrap();
    let memory = ourselves.memory().unwrap();
    assert!(memory.resident > 100_000, "{memory:?}");
    assert!(memory.peak >= memory.resident, "{memory:?}");
    ourselves.cpu_time().unwrap();
}
