//! Both subgraphs in one process: HTTP by hand, so that it can be done wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::data;
use crate::fault::{self, Deed};
use crate::random::Random;

/// What all connections share.
struct World {
    seed: u64,
    requests: AtomicU64,
    open: AtomicUsize,
}

/// Says where it listens, a line for each subgraph, serves, and answers each line of its input with
/// the number of open connections; ends with its input.
pub(crate) async fn serve(seed: u64) {
    let world = Arc::new(World {
        seed,
        requests: AtomicU64::new(0),
        open: AtomicUsize::new(0),
    });
    for _ in ["users", "music"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let world = Arc::clone(&world);
                tokio::spawn(async move {
                    world.open.fetch_add(1, Ordering::SeqCst);
                    // An error is the router's leaving.
                    let _ = connection(stream, &world).await;
                    world.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
    }
    let asked = tokio::task::spawn_blocking(move || {
        for _ in std::io::stdin().lines().map_while(Result::ok) {
            println!("{}", world.open.load(Ordering::SeqCst));
        }
    });
    asked.await.unwrap();
}

async fn connection(stream: TcpStream, world: &World) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let body = request(&mut stream).await?;
        let number = world.requests.fetch_add(1, Ordering::Relaxed);
        let mut random = Random::new(world.seed, number);
        let (data, list) = answer(&body);
        match fault::draw(&data, list, &mut random) {
            Deed::Send(bytes) => stream.write_all(&bytes).await?,
            Deed::Trickle(bytes) => {
                for piece in bytes.chunks(bytes.len() / 5 + 1) {
                    stream.write_all(piece).await?;
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            }
            Deed::SendAndClose(bytes) => {
                stream.write_all(&bytes).await?;
                return stream.shutdown().await;
            }
            Deed::Reset => {
                // Without lingering, what closes the connection is a reset.
                return stream.get_ref().set_zero_linger();
            }
            Deed::Stall => {
                let mut rest = Vec::new();
                stream.read_to_end(&mut rest).await?;
                return Ok(());
            }
        }
    }
}

/// Reads a request's body.
async fn request(stream: &mut BufReader<TcpStream>) -> std::io::Result<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(serde_json::from_slice(&body).expect("the router sends JSON"))
}

/// The right answer, and the name of the one list in it.
fn answer(request: &Value) -> (Value, &'static str) {
    let variables = request["variables"].as_object().unwrap();
    let list = variables.values().find_map(Value::as_array).unwrap();
    let users: Vec<_> = list
        .iter()
        .map(|item| data::user(item.as_str().or(item["id"].as_str()).unwrap()))
        .collect();
    let name = if list.first().is_some_and(Value::is_object) {
        "_entities"
    } else {
        "users"
    };
    (json!({ name: users }), name)
}
