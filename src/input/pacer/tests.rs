//! The pace, event by event. How it fares with servers is in the simulations.

use proptest::prelude::*;

use super::*;

const MILLISECOND: Duration = Duration::from_millis(1);

/// Refuses what starts until the pace is slowed, a millisecond each.
fn slowed(now: &mut Instant) -> Pacer {
    let mut pacer = Pacer::default();
    for _ in 0..20 {
        let ticket = pacer.start(*now);
        *now += MILLISECOND;
        pacer.accepted(ticket, *now);
    }
    while pacer.curve.is_none() {
        let ticket = pacer.start(*now);
        *now += MILLISECOND;
        pacer.refused(ticket, *now, None);
    }
    pacer
}

#[test]
fn nothing_is_held_back_before_many_are_refused() {
    let mut now = Instant::now();
    let mut pacer = Pacer::default();
    for number in 0..1000 {
        assert_eq!(pacer.opens(now), now);
        let ticket = pacer.start(now);
        if number % 50 == 49 {
            pacer.refused(ticket, now, Some(Duration::from_secs(30)));
        } else {
            pacer.accepted(ticket, now);
        }
        now += MILLISECOND / 10;
    }
    assert_eq!(pacer.news(now + Duration::from_secs(9)), None);
}

#[test]
fn the_first_pace_is_what_was_accepted() {
    let mut now = Instant::now();
    let pacer = slowed(&mut now);
    // A thousand a second, and of the last 23 the last three were refused.
    let level = pacer.curve.unwrap().level;
    assert!((800.0..1000.0).contains(&level), "{level}");
    assert!(pacer.opens(now) > now);
}

#[test]
fn a_start_that_came_a_little_late_is_made_up_for() {
    let mut now = Instant::now();
    let mut pacer = slowed(&mut now);
    let due = pacer.opens(now);
    pacer.start(due + MILLISECOND / 2);
    let next = pacer.opens(due);
    assert!(next < due + MILLISECOND * 3 / 2, "{:?}", next - due);
    // After a long pause there is no burst.
    let late = due + Duration::from_secs(5);
    let mut burst = 0;
    while pacer.opens(late) <= late {
        pacer.start(late);
        burst += 1;
    }
    assert!(burst <= 1 + LATE.1, "{burst}");
}

#[test]
fn the_pace_is_told_once_a_second_and_only_when_it_has_changed() {
    let mut now = Instant::now();
    let mut pacer = slowed(&mut now);
    assert_eq!(pacer.news(now), None);
    let later = now + Duration::from_secs(2);
    let pace = pacer.news(later).unwrap();
    assert_eq!((pace.answered, pace.refused), (23, 3));
    assert_eq!(pacer.news(later + Duration::from_secs(2)), None);
}

/// What may happen next.
#[derive(Clone, Debug)]
enum Event {
    Start,
    Accept(usize),
    Refuse(usize, Option<u64>),
    Wait(u64),
    Expect(usize),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Start),
        2 => (0..8_usize).prop_map(Event::Accept),
        2 => (0..8_usize, proptest::option::of(0..60_000_u64))
            .prop_map(|(which, asked)| Event::Refuse(which, asked)),
        3 => (0..3_000_000_u64).prop_map(Event::Wait),
        1 => (0..10_000_usize).prop_map(Event::Expect),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_the_next_start_is_near(events in proptest::collection::vec(event(), 1..400)) {
        let mut pacer = Pacer::default();
        let mut now = Instant::now();
        let mut under_way = Vec::new();
        for event in events {
            match event {
                Event::Start => under_way.push(pacer.start(now)),
                Event::Accept(which) if which < under_way.len() => {
                    pacer.accepted(under_way.swap_remove(which), now);
                }
                Event::Refuse(which, asked) if which < under_way.len() => {
                    let asked = asked.map(Duration::from_millis);
                    pacer.refused(under_way.swap_remove(which), now, asked);
                }
                Event::Wait(microseconds) => now += Duration::from_micros(microseconds),
                Event::Expect(left) => pacer.expect(left),
                Event::Accept(_) | Event::Refuse(..) => {}
            }
            let opens = pacer.opens(now);
            prop_assert!(opens >= now);
            prop_assert!(opens - now <= MAX_GAP.max(pacer.asked / PART_OF_PAUSE));
            if let Some(pace) = pacer.news(now) {
                prop_assert!(pace.per_second.is_finite() && pace.per_second > 0.0);
                prop_assert!(pace.refused <= pace.answered);
            }
        }
    }
}
