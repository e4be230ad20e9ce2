//! An attacker who asks for everything, at every moment, and solves the equations.

use proptest::prelude::*;

use super::*;

const SIZE: usize = 5;

fn day(n: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new(u64::from(n))
}

fn pending(id: i64, on: u32, unit: i64, flagged: bool) -> Pending {
    Pending { id, day: day(on), unit: Some(unit), flagged, invited: true, segments: NOBODYS }
}

#[test]
fn a_month_that_is_over_is_shown_whole() {
    let twelve: Vec<Pending> = (0..12).map(|i| pending(i, i as u32, 1, false)).collect();
    // In January seven wait; in February they are a group.
    assert_eq!(cut(&twelve, SIZE, day(20)), [[0, 1, 2, 3, 4]]);
    assert_eq!(cut(&twelve[5..], SIZE, day(40)), [[5, 6, 7, 8, 9, 10, 11]]);
    assert_eq!(cut(&twelve[..9], SIZE, day(20)), Vec::<Vec<i64>>::new());
    // Two quiet months make a group together, which is part of neither.
    let quiet: Vec<Pending> = (0..6).map(|i| pending(i, 12 * i as u32, 1, false)).collect();
    assert_eq!(cut(&quiet, SIZE, day(80)), [[0, 1, 2, 3, 4]]);
}

#[test]
fn houses_do_not_share_a_group() {
    let mixed: Vec<Pending> = (0..18).map(|i| pending(i, 0, i % 3, i % 2 == 0)).collect();
    assert!(cut(&mixed, SIZE, day(40)).is_empty(), "three of each unit, flagged or not");
    let groups = cut(&mixed, 3, day(40));
    assert_eq!(groups.len(), 6);
    assert!(groups.iter().all(|g| g.iter().all(|id| id % 6 == g[0] % 6)), "{groups:?}");
}

#[test]
fn guests_of_a_segment_come_together_where_there_are_enough() {
    // Of twelve, six are of the first segment, five of the second, one of a third; four of the first speak a second language.
    let of = |id: i64| {
        let rest = NO_SEGMENT;
        [if id % 2 == 0 { 0 } else { u16::from(id != 11) + 1 }, u16::from(id < 8), rest, rest, rest, rest]
    };
    let twelve: Vec<Pending> = (0..12).map(|i| Pending { segments: of(i), ..pending(i, i as u32, 1, false) }).collect();
    let groups = cut(&twelve, SIZE, day(40));
    let common = |group: &Vec<i64>| in_common(group.iter().map(|id| of(*id)))[0];
    assert_eq!(groups, [vec![0, 2, 4, 6, 8], vec![1, 3, 5, 7, 9, 10, 11]]);
    assert_eq!((common(&groups[0]), common(&groups[1])), (0, NO_SEGMENT), "what is left goes with the last");
    // While the month goes on five to nine wait; the group that has most in common is shown.
    assert_eq!(cut(&twelve, SIZE, day(20)), [[0, 2, 4, 6, 8]]);
    assert_eq!(cut(&twelve[..9], SIZE, day(20)), Vec::<Vec<i64>>::new());
}

#[test]
fn the_last_of_a_segment_do_not_hide_what_the_others_share() {
    // Twenty, of four purposes and two channels: no five share both, all share a purpose or, at the end, a channel.
    let of = |id: i64| Segments::from([(id % 4) as u16, (id % 5 % 2) as u16, NO_SEGMENT, NO_SEGMENT, 0, 0]);
    let all: Vec<Pending> = (0..18).map(|i| Pending { segments: of(i), ..pending(i, 0, 1, false) }).collect();
    let groups = cut(&all, SIZE, day(40));
    let common: Vec<Segments> = groups.iter().map(|g| in_common(g.iter().map(|id| of(*id)))).collect();
    assert_eq!(groups.len(), 3);
    assert!(common[..2].iter().all(|c| c[0] != NO_SEGMENT), "{common:?}");
    // While the month goes on, nobody is put into a group without the first segment in common.
    let running = cut(&all, SIZE, day(20));
    assert!(running.iter().all(|g| in_common(g.iter().map(|id| of(*id)))[0] != NO_SEGMENT), "{running:?}");
    let four: Vec<Pending> = all.iter().filter(|r| r.id < 16).copied().collect();
    assert!(cut(&four, SIZE, day(20)).is_empty(), "four of each purpose wait");
    assert_eq!(cut(&four, SIZE, day(40)).len(), 3, "and are shown once the month is over");
}

#[test]
fn who_hands_in_by_a_public_link_completes_no_group_of_the_invited() {
    let four = (0..4).map(|i| Pending { invited: false, ..pending(i, 0, 1, false) });
    let with_one: Vec<Pending> = four.chain([pending(4, 0, 1, false)]).collect();
    assert!(cut(&with_one, SIZE, day(40)).is_empty());
}

/// Whether some combination of `sums` is about one member alone, or about fewer than [`SIZE`]: rows are reduced over the
/// rationals modulo a large prime, and what a reduced row is about is looked at.
fn smallest_that_can_be_had(mut sums: Vec<Vec<i64>>) -> usize {
    const P: i64 = 2_147_483_647;
    let inverse = |x: i64| {
        (0..31).fold((1, x, P - 2), |(r, b, e), _| (if e & 1 == 1 { r * b % P } else { r }, b * b % P, e >> 1)).0
    };
    let columns = sums.first().map_or(0, Vec::len);
    let mut rank = 0;
    for column in 0..columns {
        let Some(pivot) = (rank..sums.len()).find(|r| sums[*r][column] != 0) else { continue };
        sums.swap(rank, pivot);
        let scale = inverse(sums[rank][column]);
        sums[rank].iter_mut().for_each(|x| *x = *x * scale % P);
        let row = sums[rank].clone();
        for (_, other) in sums.iter_mut().enumerate().filter(|(r, _)| *r != rank) {
            let factor = other[column];
            if factor != 0 {
                other.iter_mut().zip(&row).for_each(|(x, y)| *x = (*x + (P - factor) * y) % P);
            }
        }
        rank += 1;
    }
    sums[..rank].iter().map(|row| row.iter().filter(|x| **x != 0).count()).min().unwrap_or(usize::MAX)
}

#[test]
fn the_attack_works_where_nothing_is_grouped() {
    // What was shown before: days as they are. The third of three days is one guest.
    assert_eq!(smallest_that_can_be_had(vec![vec![1, 1, 1, 1, 1, 1], vec![1, 1, 1, 1, 1, 0]]), 1);
    assert_eq!(smallest_that_can_be_had(vec![vec![1, 1, 1, 1, 1, 1, 0, 0], vec![1, 1, 1, 1, 1, 1, 1, 1]]), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Guests answer and some withdraw; at any moment everything is asked for: every unit, flagged or not, segments,
    /// every pair of days. Whoever asks has handed in the responses that came by no personal link, and subtracts them.
    /// Whatever is combined is about at least five guests.
    #[test]
    fn nothing_about_fewer_than_five_can_be_had(
        steps in prop::collection::vec((0_u32..3, 0_i64..2, prop::bool::weighted(0.2), 0_u16..3, prop::option::weighted(0.1, 0_usize..60), prop::bool::weighted(0.3), prop::bool::weighted(0.7)), 1..60)
    ) {
        let mut guests: Vec<Pending> = Vec::new();
        let mut gone: Vec<i64> = Vec::new();
        let mut groups: Vec<Vec<i64>> = Vec::new();
        let mut seen: Vec<Vec<i64>> = Vec::new();
        let mut today = 0;
        for (id, (days, unit, flagged, segment, withdrawn, asked, invited)) in (0..).zip(&steps) {
            today += days;
            let segments = [*segment, segment % 2, NO_SEGMENT, NO_SEGMENT, NO_SEGMENT, NO_SEGMENT];
            guests.push(Pending { segments, invited: *invited, ..pending(id, today, *unit, *flagged) });
            gone.extend(withdrawn.and_then(|w| guests.get(w)).map(|g| g.id));
            if !asked {
                continue;
            }
            let waiting: Vec<Pending> = guests
                .iter()
                .filter(|g| !gone.contains(&g.id) && !groups.iter().any(|members| members.contains(&g.id)))
                .copied()
                .collect();
            groups.extend(cut(&waiting, SIZE, day(today)));
            let whole: Vec<&Vec<i64>> = groups.iter().filter(|g| !g.iter().any(|id| gone.contains(id))).collect();
            let days_of = |group: &[i64]| {
                let days = || group.iter().map(|id| guests[*id as usize].day);
                (days().min().unwrap(), days().max().unwrap())
            };
            for unit in [None, Some(0), Some(1)] {
                for (flagged, segment) in [(None, None), (Some(false), None), (None, Some((0, 1))), (None, Some((1, 0)))] {
                    for (from, to) in (0..=today).step_by(3).flat_map(|f| (f..=today).step_by(4).map(move |t| (f, t))) {
                        let inside = |group: &&&Vec<i64>| {
                            let (first, last) = days_of(group);
                            let guest = guests[group[0] as usize];
                            first >= day(from)
                                && last <= day(to)
                                && unit.is_none_or(|u| guest.unit == Some(u))
                                && flagged.is_none_or(|f| guest.flagged == f)
                                && segment.is_none_or(|(place, code)| {
                                    in_common(group.iter().map(|id| guests[*id as usize].segments))[place] == code
                                })
                        };
                        let mut sum = vec![0; steps.len()];
                        for id in whole.iter().filter(inside).flat_map(|g| g.iter()) {
                            sum[*id as usize] = 1;
                        }
                        if sum.contains(&1) && !seen.contains(&sum) {
                            seen.push(sum);
                        }
                    }
                }
            }
        }
        for (sum, (id, _)) in seen.iter_mut().flat_map(|sum| sum.iter_mut().zip((0_usize..).zip(&steps))) {
            if !guests[id].invited {
                *sum = 0;
            }
        }
        prop_assert!(smallest_that_can_be_had(seen) >= SIZE);
    }
}
