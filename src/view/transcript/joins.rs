//! What belongs together in a session: calls with their results, retrievals and citations with each
//! other, and all of them with their turns.

use std::ops::ControlFlow::Continue;

use hashbrown::HashMap;

use super::super::calls::{self, Call};
use super::super::citations::{Citations, Place};
use super::super::turns::Turns;
use super::places::{ByTurn, place_handoffs};
use super::{Input, Retrieval};
use crate::aside::both;
use crate::model::{CitedChunk, HandoffEvent};

/// The joins of one session.
#[derive(Debug)]
pub(super) struct Joins<'a> {
    /// In the order of their turns, orphans last.
    pub(super) calls: Vec<Call<'a>>,
    /// Messages, by their index, that carry a result → the call it belongs to.
    pub(super) answers: HashMap<usize, usize>,
    /// Citations, to be looked for by what they name.
    pub(super) cited: Citations<'a>,
    /// Retrievals, each with where its turn stands and how many of its chunks were cited.
    pub(super) retrievals: ByTurn<(&'a Retrieval<'a>, (usize, usize))>,
    /// Citations, each with whether a retrieval of its turn returned the chunk.
    pub(super) citations: ByTurn<(&'a CitedChunk<'a>, bool)>,
    /// Hand-offs and the number of the turn they came after.
    pub(super) handoffs: Vec<(usize, &'a HandoffEvent<'a>)>,
}

impl<'a> Joins<'a> {
    /// Joins what belongs together; `by_two` shares the work with another thread.
    pub(super) fn new(input: &'a Input<'a>, by_two: bool) -> Self {
        let mut turns = Turns::new(&input.messages);
        let citing = input.citations.iter().map(|citation| &*citation.assistant_turn_id);
        let citing: Vec<usize> = turns.places(citing).collect();
        let place = |trace: &'a Retrieval<'a>| (turns.place(&trace.assistant_turn_id), trace);
        let traces: Vec<Placed<'_>> = input.rag_traces.iter().map(place).collect();
        let calls = || calls::join(&input.messages, &input.tool_calls, |id| turns.number(id));
        let (calls, (cited, counts, retrieved)) = both(by_two, calls, || {
            let cited = Citations::new(&input.citations, citing.iter().copied());
            let (counts, retrieved) = hold_against(&traces, &cited, by_two);
            (cited, counts, retrieved)
        });
        let answers = calls.iter().enumerate().filter(|(_, call)| !call.is_result_alone());
        let answers = answers.filter_map(|(index, call)| Some((call.carried?.0, index))).collect();
        let number = |place| turns.at(place).unwrap_or_default();
        let retrievals = traces.iter().zip(counts);
        let retrievals =
            retrievals.map(|((place, trace), cited)| (number(*place), (*trace, (*place, cited))));
        let citations = citing.iter().zip(input.citations.iter().zip(retrieved));
        let citations = citations.map(|(place, citation)| (number(*place), citation));
        Self {
            calls,
            answers,
            cited,
            retrievals: ByTurn::new(retrievals),
            citations: ByTurn::new(citations),
            handoffs: place_handoffs(&input.messages, &input.handoff_events),
        }
    }
}

/// A retrieval, and where its turn stands.
type Placed<'a> = (usize, &'a Retrieval<'a>);

/// Holds citations against retrievals: of each retrieval, how many of its chunks are cited; of each
/// citation, whether a retrieval of its turn returned the chunk.
fn hold_against(
    traces: &[Placed<'_>],
    citations: &Citations<'_>,
    by_two: bool,
) -> (Vec<usize>, Vec<bool>) {
    let (first, second) = traces.split_at(traces.len() / 2);
    let (first, second) = both(by_two, || cited(first, citations), || cited(second, citations));
    let mut counts = first.0;
    counts.extend(second.0);
    let mut retrieved = vec![false; citations.len()];
    for citation in first.1.into_iter().chain(second.1) {
        mark(&mut retrieved, citation);
    }
    // Of citations that say the same only the first was found.
    for same in citations.same() {
        let first = same.first().and_then(|first| retrieved.get(first.index()));
        if first == Some(&true) {
            for citation in same {
                mark(&mut retrieved, *citation);
            }
        }
    }
    (counts, retrieved)
}

fn mark(retrieved: &mut [bool], citation: Place) {
    if let Some(retrieved) = retrieved.get_mut(citation.index()) {
        *retrieved = true;
    }
}

/// Of each retrieval, how many of its chunks are cited; and the citations of them all.
fn cited(traces: &[Placed<'_>], citations: &Citations<'_>) -> (Vec<usize>, Vec<Place>) {
    /// With so few citations it pays to look whether any can be among the chunks.
    const FEW: usize = 4;
    let mut cited = Vec::new();
    let count = |(place, trace): &Placed<'_>| {
        let of_turn = citations.of_turn(*place);
        let chunks = &trace.retrieved;
        if of_turn.len() <= FEW && !citations.any(of_turn, |id| chunks.may_have(id)) {
            return 0;
        }
        let before = cited.len();
        chunks.each(|chunk| {
            cited.extend(citations.find(of_turn, &chunk.doc_id, &chunk.chunk_id));
            Continue(())
        });
        cited.len() - before
    };
    (traces.iter().map(count).collect(), cited)
}
