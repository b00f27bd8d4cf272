//! The conversation with its evidence in place: messages in the document's order, and with each what
//! it asked of tools, what was retrieved for it and what it cited.
//!
//! [`Joins`] holds what belongs together; [`Transcript::rows`] walks through it and builds a row when
//! it is asked for, so that a long session costs no more memory than its joins.

mod chunks;
mod flags;
mod header;
mod joins;
mod looks;
mod places;
mod rows;
mod selection;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use hashbrown::HashSet;

use self::chunks::Chunks;
use self::flags::{HANDED_OFF, REOPENED, raised};
use self::joins::Joins;
use super::calls::{self, Call};
use super::rag::{is_miss, is_unanswerable};
use super::turns::seconds_between;
use crate::model::{
    HandoffEvent, LazyList, LazyText, MessageEntry, MissingEvidenceReason, RagTraceEntry,
    RetrievedChunk, SessionAnalysisInput, Timestamp, ToolResult,
};

pub use self::flags::{
    MISS, ORPHAN, RESULT_WITHOUT_CALL, TRUNCATED, UNANSWERABLE, UNASKED, UNCITED,
};
pub use self::header::{Counts, Header};
pub use self::rows::{
    AnswerRow, AnswerabilityRow, CallRow, CitationRow, CsatRow, Evidence, FeedbackRow, HandoffRow,
    MessageRow, OrphanRow, ReopenRow, RetrievalRow, Row,
};
pub use self::selection::Selection;
pub use super::calls::Status;

/// What this view reads of a document: everything, but the retrieved chunks, of which there are most
/// and few are shown, only where they are.
pub type Input<'a> = SessionAnalysisInput<'a, MessageEntry<'a>, Retrieval<'a>>;

/// A retrieval whose chunks are read where they are shown.
pub type Retrieval<'a> = RagTraceEntry<'a, LazyList<'a, RetrievedChunk<'a>>>;

/// One session.
#[derive(Debug)]
pub struct Transcript<'a> {
    input: &'a Input<'a>,
    roles: Vec<&'a str>,
    /// Whether two threads make the joins.
    by_two: bool,
    /// Made where somebody asks for what needs them.
    joins: OnceLock<Joins<'a>>,
    /// By turn, what there is to see; made where somebody asks.
    looks: OnceLock<BTreeMap<usize, Vec<String>>>,
}

impl<'a> Transcript<'a> {
    /// What a document says, in the order of its turns.
    pub fn new(input: &'a Input<'a>) -> Self {
        let (joins, looks) = (OnceLock::new(), OnceLock::new());
        Self { input, roles: roles(&input.messages), by_two: false, joins, looks }
    }

    /// The same; where there is much to join, two threads do it.
    pub fn by_two(input: &'a Input<'a>) -> Self {
        /// So many retrievals and tool calls are worth a thread.
        const MANY: usize = 1000;
        let by_two = input.rag_traces.len() + input.tool_calls.len() > MANY;
        Self { by_two, ..Self::new(input) }
    }

    fn joins(&self) -> &Joins<'a> {
        self.joins.get_or_init(|| Joins::new(self.input, self.by_two))
    }

    /// Whether what is not in the header is long in coming: there is much to join.
    pub fn is_long_in_coming(&self) -> bool {
        self.by_two && self.joins.get().is_none()
    }

    /// The session's roles, in the order they first speak.
    pub fn roles(&self) -> &[&'a str] {
        &self.roles
    }

    /// How many turns there are.
    pub fn turns(&self) -> usize {
        self.input.messages.len()
    }

    /// Whether a turn is selected.
    pub fn has(&self, selection: &Selection) -> bool {
        let mut messages = self.input.messages.iter().enumerate();
        messages.any(|(index, message)| self.takes(selection, index + 1, &message.role))
    }

    /// Whether a turn is wanted.
    fn takes(&self, selection: &Selection, turn: usize, role: &str) -> bool {
        selection.takes(turn, role) && (!selection.flagged || self.looks().contains_key(&turn))
    }

    /// The facts about the session as a whole.
    pub fn header(&self) -> Header<'_> {
        let input = self.input;
        Header {
            session_id: &input.session_id,
            channel: input.channel.as_deref(),
            outcome: input.knowledge_gap_analysis_outcome.as_ref(),
            completion_reason: input.completion_reason.as_deref(),
            started_at: input.started_at.as_ref(),
            ended_at: input.ended_at.as_ref(),
            seconds: seconds_between(input.started_at.as_ref(), input.ended_at.as_ref()),
            agent_id: input.agent_id.as_deref(),
            organization_id: input.organization_id.as_deref(),
            schema_version: input.analyzer_input_schema_version,
            kb_snapshot: input.kb_snapshot.as_ref(),
            missing: &input.missing_evidence_reasons,
            unredacted: self.unredacted(),
            csat: input.csat.as_ref(),
            feedback: input.user_feedback.as_ref(),
            reopen: input.reopen.as_ref(),
            customer_metadata: input.customer_metadata,
        }
    }

    /// Whether the document says that its text was not redacted.
    pub fn unredacted(&self) -> bool {
        let reasons = &self.input.missing_evidence_reasons;
        reasons.contains(&MissingEvidenceReason::TranscriptRedactionSkipped)
    }

    /// What there is, counted.
    pub fn counts(&self) -> Counts {
        let input = self.input;
        let calls: calls::Counts = self.joins().calls.iter().map(Call::status).collect();
        Counts {
            turns: input.messages.len(),
            retrievals: input.rag_traces.len(),
            hits: input.rag_traces.iter().filter(|trace| trace.hit == Some(true)).count(),
            citations: input.citations.len(),
            not_retrieved: self.joins().citations.0.iter().filter(|(_, (_, found))| !found).count(),
            tool_calls: calls.calls,
            errors: calls.errors,
            no_result: calls.no_result,
            unrecorded: calls.unrecorded,
            handoffs: input.handoff_events.len(),
            orphans: self.joins().retrievals.of(0).count()
                + self.joins().citations.of(0).count()
                + self.calls_of(0).count(),
        }
    }

    /// The rows that are wanted: messages with hand-offs between them, then, where no turn is left
    /// out, the orphans and what came after the session.
    pub fn rows(&self, selection: &Selection) -> impl Iterator<Item = Row<'_>> {
        self.rows_at(selection, 0..self.places())
    }

    /// So many places have rows: each turn, with the hand-offs before it, and the one past the last.
    pub fn places(&self) -> usize {
        self.turns() + 1
    }

    /// Those of the rows that stand at these places.
    pub fn rows_at(
        &self,
        selection: &Selection,
        places: Range<usize>,
    ) -> impl Iterator<Item = Row<'_>> {
        let last = self.turns();
        let ends = selection.takes_ends() && places.contains(&last);
        let before = self.joins().handoffs.partition_point(|(place, _)| *place < places.start);
        let handoffs = self.joins().handoffs.get(before..).unwrap_or_default();
        let mut handoffs = handoffs.iter().peekable();
        let places = places.flat_map(move |index| {
            let mut before = Vec::new();
            while let Some((place, event)) = handoffs.next_if(|(place, _)| *place <= index) {
                if selection.takes_event(*place, last) {
                    before.push(self.handoff(*place, event));
                }
            }
            let message = self.input.messages.get(index);
            let message = message.filter(|message| self.takes(selection, index + 1, &message.role));
            before
                .into_iter()
                .chain(message.map(|message| Row::Message(self.message(index, message, selection))))
        });
        let mut ends = if ends { self.ends(selection) } else { Vec::new() };
        if selection.flagged {
            ends.retain(|row| !row.flags().is_empty());
        }
        places.chain(ends)
    }

    fn message(
        &self,
        index: usize,
        message: &'a MessageEntry<'a>,
        selection: &Selection,
    ) -> MessageRow<'_> {
        let evidence =
            selection.evidence.then(|| self.evidence(index + 1, Some(message), selection));
        let mut flags = Vec::new();
        if message.truncated {
            flags.push(TRUNCATED);
        }
        if let Some(evidence) = &evidence {
            evidence.flags(&mut flags);
        }
        MessageRow {
            session_id: &self.input.session_id,
            turn: index + 1,
            turn_id: &message.turn_id,
            role: &message.role,
            timestamp: message.timestamp.as_ref(),
            content: message.content,
            model_used: message.model_used.as_deref(),
            latency_ms: message.latency_ms,
            truncated: message.truncated,
            original_char_count: message.original_char_count,
            evidence,
            flags,
        }
    }

    fn handoff(&self, place: usize, event: &'a HandoffEvent<'a>) -> Row<'_> {
        Row::Handoff(HandoffRow {
            session_id: &self.input.session_id,
            after_turn: place,
            timestamp: event.timestamp.as_ref(),
            transferred_to_agent_id: event.transferred_to_agent_id.as_deref(),
            reason: event.reason.as_deref(),
            flags: vec![HANDED_OFF],
        })
    }

    /// What comes after the last turn: feedback, csat and reopen by their times, then orphans.
    fn ends(&self, selection: &Selection) -> Vec<Row<'_>> {
        let session_id = &*self.input.session_id;
        let csat = self.input.csat.as_ref().map(|csat| {
            let timestamp = csat.timestamp.as_ref();
            let (score, scale_max) = (csat.score, csat.scale_max);
            (
                timestamp,
                Row::Csat(CsatRow { session_id, timestamp, score, scale_max, flags: Vec::new() }),
            )
        });
        let feedback = self.input.user_feedback.as_ref().map(|feedback| {
            let timestamp = feedback.timestamp.as_ref();
            let (rating, comment) = (feedback.rating, feedback.comment.as_deref());
            let flags = Vec::new();
            let row = FeedbackRow { session_id, timestamp, rating, comment, flags };
            (timestamp, Row::Feedback(row))
        });
        let reopen = self.input.reopen.as_ref().map(|reopen| {
            let timestamp = reopen.timestamp.as_ref();
            let reason = reopen.reason.as_deref();
            let flags = vec![REOPENED];
            (timestamp, Row::Reopen(ReopenRow { session_id, timestamp, reason, flags }))
        });
        let mut ends: Vec<_> = [csat, feedback, reopen].into_iter().flatten().collect();
        // Those without a time come last.
        ends.sort_by_cached_key(|(timestamp, _)| {
            let instant = timestamp.and_then(Timestamp::instant);
            (instant.is_none(), instant)
        });
        let mut rows: Vec<_> = ends.into_iter().map(|(_, row)| row).collect();
        if selection.evidence {
            let evidence = self.evidence(0, None, selection);
            if !evidence.is_empty() {
                let mut flags = vec![ORPHAN];
                evidence.flags(&mut flags);
                rows.push(Row::Orphan(OrphanRow { session_id, turn: None, evidence, flags }));
            }
        }
        rows
    }

    /// What a turn is held against; turn 0 has the orphans.
    fn evidence(
        &self,
        turn: usize,
        message: Option<&'a MessageEntry<'a>>,
        selection: &Selection,
    ) -> Evidence<'_> {
        let result = message.and_then(|message| message.tool_results.as_deref());
        // A result that no call is left for is the message's own.
        let calls = self.calls_of(turn).filter(|call| !call.is_result_alone());
        Evidence {
            tool_calls: calls
                .map(|call| CallRow::of(call, self.answered_with(call, selection)))
                .collect(),
            tool_results: result.map(|result| self.answer(turn - 1, result, selection)),
            retrievals: self
                .joins()
                .retrievals
                .of(turn)
                .map(|(trace, joined)| self.retrieval(turn, trace, joined))
                .collect(),
            citations: self
                .joins()
                .citations
                .of(turn)
                .map(|(chunk, retrieved)| CitationRow::of(turn, chunk, retrieved))
                .collect(),
        }
    }

    /// The calls of a turn; turn 0 has the orphans.
    fn calls_of(&self, turn: usize) -> impl Iterator<Item = &Call<'a>> {
        let place = |turn: Option<usize>| turn.unwrap_or(usize::MAX);
        let turn = place(Some(turn).filter(|turn| *turn > 0));
        let begin = self.joins().calls.partition_point(|call| place(call.turn) < turn);
        self.joins().calls.iter().skip(begin).take_while(move |call| place(call.turn) == turn)
    }

    /// What the message with the call's result says, where it is selected.
    fn answered_with(&self, call: &Call<'a>, selection: &Selection) -> Option<LazyText<'a>> {
        let (index, _) = call.carried?;
        let message = self.input.messages.get(index)?;
        self.takes(selection, index + 1, &message.role).then_some(message.content)
    }

    /// Whether the call is at a turn that is selected, or among the orphans, which are not left out.
    fn is_shown(&self, call: &Call<'a>, selection: &Selection) -> bool {
        match call.turn {
            Some(turn) => {
                let message = turn.checked_sub(1).and_then(|index| self.input.messages.get(index));
                message.is_some_and(|message| self.takes(selection, turn, &message.role))
            }
            None => selection.takes_ends(),
        }
    }

    fn answer(
        &self,
        index: usize,
        result: &'a ToolResult<'a>,
        selection: &Selection,
    ) -> AnswerRow<'a> {
        let call = self.joins().answers.get(&index).and_then(|call| self.joins().calls.get(*call));
        AnswerRow {
            tool_call_id: &result.tool_call_id,
            output: result.output,
            error: result.error.as_deref(),
            name: call.and_then(Call::name),
            call_turn: call.and_then(|call| call.turn),
            told: call.filter(|call| self.is_shown(call, selection)).is_some_and(|call| {
                let error = result.error.as_deref().filter(|error| !error.is_empty());
                let output = Some(result.output).filter(|output| !output.is_empty());
                error.is_none_or(|error| call.error() == Some(error))
                    && output.is_none_or(|output| call.result().is_some_and(|its| its.says(output)))
            }),
            flags: raised(&[(call.is_none(), RESULT_WITHOUT_CALL)]),
        }
    }

    fn retrieval(
        &self,
        turn: usize,
        trace: &'a Retrieval<'a>,
        (place, cited): (usize, usize),
    ) -> RetrievalRow<'_> {
        let retrieved =
            Chunks { list: &trace.retrieved, place, citations: &self.joins().cited, cited };
        let answerability = trace.answerability.as_ref().map(|gate| AnswerabilityRow {
            label: gate.label.as_deref(),
            reason_code: gate.reason_code.as_deref(),
            raw_top_score: gate.raw_top_score,
            score_basis: gate.score_basis.as_deref(),
            mode: gate.mode.as_deref(),
            action: gate.action.as_deref(),
            threshold_low: gate.threshold_low,
            threshold_high: gate.threshold_high,
        });
        RetrievalRow {
            rag_query_id: &trace.rag_query_id,
            assistant_turn_id: &trace.assistant_turn_id,
            query_hash: trace.query_hash.as_deref(),
            kb_ids: &trace.kb_ids,
            found: trace.retrieved.len(),
            cited,
            retrieved,
            top_score: trace.top_score,
            hit: trace.hit,
            latency_ms: trace.latency_ms,
            answerability,
            flags: retrieval_flags(turn, trace, cited),
        }
    }
}

/// The flags of a retrieval of which so many chunks were cited.
fn retrieval_flags(turn: usize, trace: &Retrieval<'_>, cited: usize) -> Vec<&'static str> {
    raised(&[
        (is_miss(trace, trace.retrieved.len()), MISS),
        (is_unanswerable(trace), UNANSWERABLE),
        (!trace.retrieved.is_empty() && cited == 0, UNCITED),
        (turn == 0, ORPHAN),
    ])
}

/// The roles, each once, in the order they first speak.
fn roles<'a>(messages: &'a [MessageEntry<'a>]) -> Vec<&'a str> {
    /// So many are quicker compared than hashed; few sessions have more.
    const FEW: usize = 6;
    let mut roles: Vec<&str> = Vec::new();
    let mut more = HashSet::new();
    for message in messages {
        let role: &str = &message.role;
        if !roles.iter().take(FEW).any(|known| *known == role)
            && (roles.len() < FEW || more.insert(role))
        {
            roles.push(role);
        }
    }
    roles
}
