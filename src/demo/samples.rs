//! Which sample sessions there are, and what each answers.

use uuid::{Uuid, uuid};

/// The session shown where `--demo` names none.
pub const SHOWCASE: Uuid = uuid!("7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11");

/// A sample session.
#[derive(Debug)]
pub struct Sample {
    /// Its id.
    pub id: Uuid,
    /// What it shows, in a line.
    pub about: &'static str,
    /// What the server answers.
    pub answer: Answer,
}

impl Sample {
    /// Whether the server answers with a document at once.
    pub const fn is_session(&self) -> bool {
        matches!(self.answer, Answer::Document(_))
    }
}

/// What the server answers for a sample session.
#[derive(Debug)]
pub enum Answer {
    /// 200 with this document.
    Document(&'static str),
    /// 409 so many times, then 200 with this document.
    ReadyAfter(u32, &'static str),
    /// A status with an `ErrorResponse`: its code and message.
    Error(u16, &'static str, &'static str),
    /// 422 with an `HTTPValidationError`.
    Invalid,
}

const SHOWCASE_DOCUMENT: &str = include_str!("sessions/showcase.json");

/// Every sample session. The last digits of those that fail are the status they fail with.
pub const SAMPLES: &[Sample] = &[
    Sample {
        id: SHOWCASE,
        about: "200: a billing question, handed to a human; every kind of evidence",
        answer: Answer::Document(SHOWCASE_DOCUMENT),
    },
    Sample {
        id: uuid!("2c9e4b70-18d3-4f5a-b6c2-93a7e1f0d845"),
        about: "200: a voice call that the customer abandoned",
        answer: Answer::Document(include_str!("sessions/voice-abandoned.json")),
    },
    Sample {
        id: uuid!("e81f6d39-5a7c-4c02-9e4b-0d1b7a6f3c58"),
        about: "200: a legacy e-mail session with almost no evidence",
        answer: Answer::Document(include_str!("sessions/legacy.json")),
    },
    Sample {
        id: uuid!("a4056c1e-7d2b-4e98-83f1-6b5c9d0e7f24"),
        about: "200: Japanese, Chinese and Arabic, emoji, and hostile text",
        answer: Answer::Document(include_str!("sessions/worldwide.json")),
    },
    Sample {
        id: uuid!("1d8e6c52-93f4-4b07-8a6d-e27b50c9f318"),
        about: "200: a question asked twice, and never answered",
        answer: Answer::Document(include_str!("sessions/number-chat.json")),
    },
    Sample {
        id: uuid!("e90b27c4-81ad-4d5f-b3f6-4a2c7e15d860"),
        about: "200: the same question by phone, handed to a human",
        answer: Answer::Document(include_str!("sessions/number-voice.json")),
    },
    Sample {
        id: uuid!("60e5b8d2-f417-4c9a-8d36-b7a1c92f0e54"),
        about: "200: the same question, answered once the page was written",
        answer: Answer::Document(include_str!("sessions/number-kept.json")),
    },
    Sample {
        id: uuid!("c7429d18-6e5b-4f3a-9d02-71b8e6f4a053"),
        about: "200: an e-mail whose score fell short, opened again",
        answer: Answer::Document(include_str!("sessions/outage-email.json")),
    },
    Sample {
        id: uuid!("97d3c5a8-24eb-4f60-b81c-e5f09a6d7b32"),
        about: "200: an e-mail with two questions that nothing answers",
        answer: Answer::Document(include_str!("sessions/price-rise.json")),
    },
    Sample {
        id: uuid!("3a6d81f5-b0c9-4e27-95d4-c1f807e2b69a"),
        about: "200: an answer that was found and not used",
        answer: Answer::Document(include_str!("sessions/static-ip.json")),
    },
    Sample {
        id: uuid!("84c1e0d9-57f2-4a3b-8e60-9b3d25a7f41c"),
        about: "200: an answer that did not help",
        answer: Answer::Document(include_str!("sessions/router-return.json")),
    },
    Sample {
        id: uuid!("5f0a9b3e-2d71-4c84-b5e9-08d6c4a7132f"),
        about: "200: a tool that failed once and then went well",
        answer: Answer::Document(include_str!("sessions/line-test.json")),
    },
    Sample {
        id: uuid!("f2b7a4c6-0e93-4d18-a751-6d8c30e5b97f"),
        about: "200: a caller who asked for a person",
        answer: Answer::Document(include_str!("sessions/human-please.json")),
    },
    Sample {
        id: uuid!("b3d5f7a1-4c28-4e96-a0b7-5d1e83c6f249"),
        about: "200: a call that a machine answered",
        answer: Answer::Document(include_str!("sessions/voicemail.json")),
    },
    Sample {
        id: uuid!("00000000-0000-4000-8000-000000409200"),
        about: "409 twice, then 200: a session that ends while you --wait",
        answer: Answer::ReadyAfter(2, SHOWCASE_DOCUMENT),
    },
    Sample {
        id: uuid!("00000000-0000-4000-8000-000000000400"),
        about: "400: a bad request",
        answer: Answer::Error(400, "bad_request", "The request could not be understood."),
    },
    Sample {
        id: uuid!("00000000-0000-4000-8000-000000000401"),
        about: "401: a key that is not accepted",
        answer: Answer::Error(401, "unauthorized", "Authentication required."),
    },
    Sample {
        id: uuid!("00000000-0000-4000-8000-000000000403"),
        about: "403: a key that may not read the session",
        answer: Answer::Error(403, "forbidden", "This key may not read the session."),
    },
    Sample {
        id: uuid!("00000000-0000-4000-8000-000000000404"),
        about: "404: no such session",
        answer: Answer::Error(404, "not_found", "Session not found."),
    },
    Sample {
        id: uuid!("00000000-0000-4000-8000-000000000409"),
        about: "409: a session that never ends",
        answer: Answer::ReadyAfter(u32::MAX, SHOWCASE_DOCUMENT),
    },
    Sample {
        id: uuid!("00000000-0000-4000-8000-000000000422"),
        about: "422: an id that the server refuses",
        answer: Answer::Invalid,
    },
    Sample {
        id: uuid!("00000000-0000-4000-8000-000000000429"),
        about: "429: rate limited, asking for a second's pause",
        answer: Answer::Error(429, "rate_limited", "Too many requests."),
    },
    Sample {
        id: uuid!("00000000-0000-4000-8000-000000000500"),
        about: "500: a server that fails",
        answer: Answer::Error(500, "internal_error", "Something went wrong."),
    },
];
