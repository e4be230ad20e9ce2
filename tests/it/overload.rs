//! More than can be written, and a clock that is set back: said at once, or borne; nothing is lost, nothing doubled.

use std::collections::HashSet;
use std::future::{Future as _, poll_fn};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::task::Poll;

use super::faults::{Told, agent, hand_in, nothing_is_lost, prepare, stored};
use super::harness::{Backend, Database, Server, Site, run, say_skipped, soundings};

/// As many writes as may wait.
const QUEUE: usize = 4096;

#[test]
fn who_comes_when_too_much_waits_is_told_at_once_and_is_taken_later() {
    let site = Site::demo(Backend::Sqlite, 0);
    let (address, store) = ("/s/hotel-post-stay?unit=old-town&lang=en", site.app.store.clone());
    let opened = site.open(address);
    // A write that does not end, and behind it as many as may wait.
    let ((running, is_running), (end, ended)) = (channel::<()>(), channel::<()>());
    let blocked = std::thread::spawn({
        let store = store.clone();
        move || {
            store.write_blocking(move |_| {
                running.send(()).unwrap();
                ended.recv().unwrap();
                Ok(())
            })
        }
    });
    is_running.recv().unwrap();
    let (full, is_full) = channel();
    let waiting = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let mut writes: Vec<_> = (0..QUEUE).map(|_| Box::pin(store.write(|_| Ok(())))).collect();
            // Asked once, each has queued up.
            poll_fn(|context| {
                for write in &mut writes {
                    assert!(write.as_mut().poll(context).is_pending());
                }
                Poll::Ready(())
            })
            .await;
            full.send(()).unwrap();
            for write in writes {
                write.await.unwrap();
            }
        });
    });
    is_full.recv().unwrap();
    let refused = site.post(address, &opened.filled(&[("comment", "patient")]));
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert_eq!(refused.header("retry-after"), "10");
    assert!(refused.body.contains("Your answers are still in your browser"), "{}", refused.body);
    // Pages are still shown meanwhile.
    assert_eq!(site.get(address).status, 200);
    end.send(()).unwrap();
    blocked.join().unwrap().unwrap();
    waiting.join().unwrap();
    let sent = site.post(address, &opened.filled(&[("comment", "patient")]));
    assert_eq!(sent.status, 303);
    assert_eq!(site.post(address, &opened.filled(&[])).location, sent.location);
    assert_eq!(site.responses(), 1);
}

/// The library that shifts a program's clock.
fn shifting() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let found = folders.map(|folder| folder.join("faketime/libfaketime.so.1")).find(|path| path.exists());
    if found.is_none() {
        say_skipped("a clock set back: libfaketime is not installed (Debian: faketime)");
    }
    found
}

#[test]
fn a_clock_set_back_under_a_running_server_loses_and_doubles_nothing() {
    let Some(library) = shifting() else { return };
    let database = Database::new(Backend::Sqlite);
    prepare(&database.url);
    let clock = database.folder.path().join("clock");
    std::fs::write(&clock, "+0").unwrap();
    let mut program = soundings();
    program.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", &clock).env("FAKETIME_NO_CACHE", "1");
    // Timers go on: only the calendar is set back.
    program.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let server = Server::start_as(program, &database.url, "127.0.0.1:0");
    let (agent, told) = (agent(), Mutex::new(Told::default()));
    let mut receipts = Vec::new();
    for (shift, guests) in [("+0", 10), ("-26h", 10), ("-400d", 10), ("+3d", 10), ("+0", 10)] {
        std::fs::write(&clock, shift).unwrap();
        for _ in 0..guests {
            let (status, receipt) = hand_in(&agent, &server.address, 20, &told);
            assert_eq!(status, 303, "{shift}");
            receipts.push(receipt);
        }
        // Earlier guests, some of them from what is the future now, find their answers and may correct them.
        for receipt in receipts.iter().step_by(7) {
            let page = agent.get(format!("{}/r/{receipt}?lang=en", server.address)).call().unwrap();
            assert_eq!(page.status(), 200, "{shift}");
        }
    }
    assert_eq!(receipts.iter().collect::<HashSet<_>>().len(), 50);
    nothing_is_lost(&database.url, &told);
    assert_eq!(stored(&database.url).len(), 50);
    // The clock did step: times of storing are not in the order of rows.
    let csv = run(&["export", "checkout-kiosk", "--database", &database.url]);
    let times: Vec<String> = csv.lines().skip(1).map(|row| row.split(',').nth(1).unwrap().to_owned()).collect();
    assert!(times[15] < times[5] && times[35] > times[45], "{times:?}");
    run(&["seal", "--database", &database.url]);
    assert!(run(&["verify", "--database", &database.url]).contains("50"));
}
