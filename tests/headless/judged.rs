//! Somebody lets a judge decide: a person, or a model behind an address.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

use serde_json::Value;

/// Runs the binary's command line in a process of its own: judges are configured by environment.
fn asked(environment: &[(&str, &str)], judge: &str) -> (Option<i32>, Value) {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program)
        .args(["judged::child", "--exact", "--nocapture", "--test-threads=1"])
        .env("FLOWARM_TEST_JUDGE", judge)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line =
        text.lines().find_map(|line| Some(line.split_once("answer: ")?.1)).unwrap_or_default();
    let (code, json) = line.split_once(' ').unwrap_or_else(|| panic!("no answer in {text}"));
    (code.parse().ok(), serde_json::from_str(json).unwrap())
}

/// What [`asked`] runs; by itself it has nothing to do.
#[test]
fn child() {
    let Ok(judge) = std::env::var("FLOWARM_TEST_JUDGE") else { return };
    let answer = crate::harness::flowarm(&["plan", "--scene", "pick_cube", "--verifier", &judge]);
    println!("\nanswer: {} {}", answer.code, answer.json);
}

#[test]
fn a_judge_that_is_not_there_is_named() {
    let (code, json) = asked(&[("FLOWARM_VLM_URL", "")], "vlm");
    assert_eq!(code, Some(3), "{json}");
    assert!(json["error"].as_str().unwrap().contains("FLOWARM_VLM_URL"), "{json}");

    let closed = [("FLOWARM_VLM_URL", "http://127.0.0.1:9/v1"), ("FLOWARM_VLM_MODEL", "m")];
    let (code, json) = asked(&closed, "vlm");
    assert_eq!(code, Some(3), "{json}");
    assert!(json["error"].as_str().unwrap().contains("127.0.0.1:9"), "{json}");

    // In a test nobody sits at the screen.
    let (code, json) = asked(&[], "human");
    assert_eq!(code, Some(3), "{json}");
    assert!(json["error"].as_str().unwrap().contains("nobody answered"), "{json}");
}

/// A server that answers every question with `content`.
fn server(content: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    let body =
        serde_json::json!({"choices": [{"message": {"role": "assistant", "content": content}}]})
            .to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut part = [0; 65536];
            // The header announces the body's length.
            let whole = |request: &[u8]| {
                let text = String::from_utf8_lossy(request);
                let head = text.find("\r\n\r\n")?;
                let length = text
                    .to_lowercase()
                    .split("content-length: ")
                    .nth(1)?
                    .lines()
                    .next()?
                    .trim()
                    .parse::<usize>()
                    .ok()?;
                (request.len() >= head + 4 + length).then_some(())
            };
            while whole(&request).is_none() {
                match stream.read(&mut part) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => request.extend_from_slice(&part[..read]),
                }
            }
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn a_model_accepts_refuses_or_answers_nonsense() {
    let ask = |content: &str| {
        let address = server(content);
        asked(&[("FLOWARM_VLM_URL", address.as_str()), ("FLOWARM_VLM_MODEL", "m")], "vlm")
    };
    let (code, json) = ask(r#"{"accept": true, "reason": "the cube is up", "score": 0.9}"#);
    assert_eq!(code, Some(0), "{json}");
    assert_eq!(json["verdict"]["accept"], true);

    let (code, json) = ask(r#"{"accept": false, "reason": "the cube is gone", "score": 0.1}"#);
    assert_eq!(code, Some(1), "{json}");
    assert!(json["refused"].as_str().unwrap().contains("the cube is gone"), "{json}");
    assert_eq!(json["retries"], 2);

    let (code, json) = ask("Well, that depends on what you mean.");
    assert_eq!(code, Some(1), "{json}");
    assert!(json["refused"].as_str().unwrap().contains("expected"), "{json}");
}
