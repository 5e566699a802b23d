//! A vision-language model as verifier, over the OpenAI-compatible chat-completions interface: the
//! view before and after with the instruction, and a strict question with a short answer.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, RgbImage};
use interface::{Image, Verdict, VerdictQuery, Verifier, VerifierError};
use serde_json::{Value, json};

const JUDGE: &str = "vlm";
const EXPECTED: &str = r#"{"accept": true or false, "reason": "one sentence"}"#;
/// Longest answer read, bytes: a verdict is short, and a server that sends more is not one.
const LONGEST_ANSWER: u64 = 1 << 20;
/// Longest piece of a senseless answer that is repeated in a message, characters.
const QUOTED: usize = 120;

const QUESTION: &str = "You check the plan of a robot arm. The first picture shows the scene now. The \
second is a rough rendering, from the same camera, of where the plan would leave the object; the arm \
stands as before, small holes and blur do not matter. Say whether the second picture shows a state \
that fulfils the instruction, or is on the way to it, without the object inside other things or \
floating where it would fall. Answer with nothing but JSON: {\"accept\": true or false, \"reason\": \
\"one sentence\"}.";

/// Where the model is and who asks.
#[derive(Clone, Debug)]
pub struct VlmVerifier {
    /// Base address, such as `http://localhost:8000/v1`.
    url: String,
    /// Bearer token; empty for servers that want none.
    key: String,
    /// Name of the model.
    model: String,
    agent: ureq::Agent,
}

impl VlmVerifier {
    /// A model at a base address such as `http://localhost:8000/v1`, given `timeout` to answer.
    pub fn new(url: &str, key: &str, model: &str, timeout: Duration) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .build()
            .into();
        Self { url: url.trim_end_matches('/').into(), key: key.into(), model: model.into(), agent }
    }

    /// The model that `FLOWARM_VLM_URL`, `FLOWARM_VLM_KEY` (may be absent) and `FLOWARM_VLM_MODEL`
    /// name; it has 60 seconds to answer.
    pub fn from_env() -> Result<Self, VerifierError> {
        Self::from_variables(&|name| std::env::var(name).ok())
    }

    fn from_variables(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, VerifierError> {
        let need = |name: &str, what: &str| {
            get(name).filter(|v| !v.trim().is_empty()).ok_or_else(|| VerifierError::NotConfigured {
                judge: JUDGE,
                missing: format!("{what} in the environment variable {name}"),
            })
        };
        let url = need(
            "FLOWARM_VLM_URL",
            "the base address of an OpenAI-compatible server (http://host:port/v1)",
        )?;
        let model = need("FLOWARM_VLM_MODEL", "the name of a model that sees pictures")?;
        let key = get("FLOWARM_VLM_KEY").unwrap_or_default();
        Ok(Self::new(&url, &key, &model, Duration::from_secs(60)))
    }

    fn absent(&self, reason: impl std::fmt::Display) -> VerifierError {
        VerifierError::Absent {
            judge: JUDGE,
            address: self.url.clone(),
            reason: reason.to_string(),
        }
    }
}

impl Verifier for VlmVerifier {
    fn judge(&mut self, query: &VerdictQuery<'_>) -> Result<Verdict, VerifierError> {
        let picture = |image: &Image| -> Result<Value, VerifierError> {
            let url = data_url(image)
                .map_err(|e| self.absent(format!("the picture was not encoded: {e}")))?;
            Ok(json!({"type": "image_url", "image_url": {"url": url}}))
        };
        let body = json!({
            "model": self.model,
            "temperature": 0,
            "max_tokens": 300,
            "messages": [
                {"role": "system", "content": QUESTION},
                {"role": "user", "content": [
                    {"type": "text", "text": format!("Instruction: {}", query.instruction)},
                    picture(query.before)?,
                    picture(query.after)?,
                ]},
            ],
        });
        let address = format!("{}/chat/completions", self.url);
        let mut request = self.agent.post(&address);
        if !self.key.is_empty() {
            request = request.header("Authorization", format!("Bearer {}", self.key));
        }
        let mut response = request.send_json(&body).map_err(|e| match e {
            ureq::Error::Timeout(_) => self.absent("it took too long"),
            other => self.absent(other),
        })?;
        let status = response.status();
        let text =
            response.body_mut().with_config().limit(LONGEST_ANSWER).read_to_string().map_err(
                |e| match e {
                    ureq::Error::Timeout(_) => self.absent("it took too long"),
                    other => self.absent(other),
                },
            )?;
        if !status.is_success() {
            return Err(self.absent(format!("it says {status}: {}", quoted(&text))));
        }
        let nonsense = |answer: &str| VerifierError::Nonsense {
            judge: JUDGE,
            answer: quoted(answer),
            expected: EXPECTED,
        };
        let whole: Value = serde_json::from_str(&text).map_err(|_| nonsense(&text))?;
        let content =
            whole["choices"][0]["message"]["content"].as_str().ok_or_else(|| nonsense(&text))?;
        let (accept, reason) = read_answer(content).ok_or_else(|| nonsense(content))?;
        Ok(Verdict { accept, reason, score: f64::from(u8::from(accept)), judge: JUDGE.into() })
    }
}

/// Acceptance and reason in a model's words: the first JSON object in the text, whatever is around
/// it; `accept` may be a boolean or the words yes, no, true, false.
fn read_answer(text: &str) -> Option<(bool, String)> {
    let object = text.char_indices().filter(|(_, c)| *c == '{').find_map(|(at, _)| {
        let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>();
        values.next()?.ok().filter(|v| v.get("accept").is_some())
    })?;
    let accept = match &object["accept"] {
        Value::Bool(accept) => *accept,
        Value::String(word) => match word.trim().to_lowercase().as_str() {
            "true" | "yes" => true,
            "false" | "no" => false,
            _ => return None,
        },
        _ => return None,
    };
    let reason = object["reason"].as_str().map(str::trim).filter(|r| !r.is_empty());
    Some((accept, reason.unwrap_or("the model gave no reason").into()))
}

fn quoted(text: &str) -> String {
    text.trim().chars().take(QUOTED).collect::<String>().replace(['\n', '\r'], " ")
}

/// A picture as a PNG data URL.
fn data_url(picture: &Image) -> Result<String, image::ImageError> {
    let bytes: Vec<u8> = picture.rgb.iter().flatten().copied().collect();
    let picture =
        RgbImage::from_raw(picture.width as u32, picture.height as u32, bytes).unwrap_or_default();
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png)?;
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(png.into_inner())))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    use interface::{PointCloud, RigidTransform};

    use super::*;

    fn ask(verifier: &mut VlmVerifier) -> Result<Verdict, VerifierError> {
        let image = Image { width: 2, height: 1, rgb: vec![[255, 0, 0], [0, 0, 255]].into() };
        verifier.judge(&VerdictQuery {
            instruction: "lift the cube",
            task: None,
            goal: 0,
            before: &image,
            after: &image,
            object_points: &PointCloud::default(),
            scene_points: &PointCloud::default(),
            end_from_start: &RigidTransform::identity(),
            up: None,
            fit_rms: 0.0,
            inlier_share: 1.0,
        })
    }

    /// Answers one request with this status and body, after a while; returns what it was sent.
    fn serve(
        status: &'static str,
        body: String,
        wait: Duration,
    ) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1/", listener.local_addr().unwrap());
        let server = std::thread::Builder::new().name("fake model".into()).spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(n) = line.to_lowercase().strip_prefix("content-length:") {
                    length = n.trim().parse().unwrap();
                }
                head.push_str(&line);
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut sent = vec![0; length];
            reader.read_exact(&mut sent).unwrap();
            std::thread::sleep(wait);
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            // A client that has given up is no concern of the server.
            let _gone = stream.write_all(answer.as_bytes());
            head + &String::from_utf8_lossy(&sent)
        });
        (url, server.unwrap())
    }

    fn says(content: &str) -> String {
        json!({"choices": [{"message": {"role": "assistant", "content": content}}]}).to_string()
    }

    fn check(status: &'static str, body: String, expected: Result<(bool, &str), &str>) {
        let (url, server) = serve(status, body, Duration::ZERO);
        let answer = ask(&mut VlmVerifier::new(&url, "secret", "eye-1", Duration::from_secs(10)));
        let sent = server.join().unwrap();
        assert!(sent.starts_with("POST /v1/chat/completions"), "{sent}");
        assert!(sent.to_lowercase().contains("authorization: bearer secret"));
        assert!(
            sent.contains("data:image/png;base64,")
                && sent.contains("lift the cube")
                && sent.contains("eye-1")
        );
        match (answer, expected) {
            (Ok(v), Ok((accept, reason))) => {
                assert_eq!((v.accept, v.reason.as_str()), (accept, reason))
            }
            (Err(e), Err(part)) => {
                let said = e.to_string();
                assert!(said.contains(part) && !said.contains('\n'), "{said}");
            }
            (got, _) => panic!("{got:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn answers_are_read_leniently_and_nonsense_is_named() {
        check(
            "200 OK",
            says(r#"{"accept": true, "reason": "the cube is up"}"#),
            Ok((true, "the cube is up")),
        );
        check(
            "200 OK",
            says(
                "Sure! {here} it is:\n```json\n{\"accept\": \"No\", \"reason\": \" it floats \"}\n```",
            ),
            Ok((false, "it floats")),
        );
        check("200 OK", says(r#"{"accept": false}"#), Ok((false, "the model gave no reason")));
        check("200 OK", says("I like cubes"), Err("vlm answered \"I like cubes\""));
        check("200 OK", says(r#"{"accept": 7}"#), Err("expected {\"accept\""));
        check("200 OK", "<html>".into(), Err("vlm answered \"<html>\""));
        check("200 OK", "{\"choices\": []}".into(), Err("vlm answered"));
        check("401 Unauthorized", "bad key".into(), Err("401 Unauthorized: bad key"));
    }

    #[test]
    fn an_absent_or_slow_server_is_named() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", closed.local_addr().unwrap());
        drop(closed);
        let said = ask(&mut VlmVerifier::new(&url, "", "m", Duration::from_secs(5)))
            .unwrap_err()
            .to_string();
        assert!(said.contains(&url) && said.contains("did not answer"), "{said}");

        let (url, server) = serve("200 OK", says("{}"), Duration::from_millis(900));
        let said = ask(&mut VlmVerifier::new(&url, "", "m", Duration::from_millis(200)))
            .unwrap_err()
            .to_string();
        assert!(said.contains("took too long"), "{said}");
        server.join().unwrap();
    }

    #[test]
    fn what_is_not_configured_is_named() {
        let said = VlmVerifier::from_variables(&|_| None).unwrap_err().to_string();
        assert!(said.contains("FLOWARM_VLM_URL"), "{said}");
        let url = |name: &str| (name == "FLOWARM_VLM_URL").then(|| "http://x".to_owned());
        let said = VlmVerifier::from_variables(&url).unwrap_err().to_string();
        assert!(said.contains("FLOWARM_VLM_MODEL"), "{said}");
    }
}
