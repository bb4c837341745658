//! `cargo xtask fake-api`: the scripted API until Ctrl-C.

use crate::Outcome;
use chorus_testkit::{FakeApi, claude};

/// The marker language stands in the documentation of `chorus_testkit::fake_api`.
pub fn run(arguments: &[String]) -> Outcome {
    let port = match arguments {
        [] => 0,
        [flag, port] if flag == "--port" => port.parse().map_err(|_| format!("{port:?} is no port"))?,
        _ => return Err("usage: cargo xtask fake-api [--port N]".into()),
    };
    let api = FakeApi::start_on(port).map_err(|error| format!("cannot listen on port {port}: {error}"))?;
    println!("run the client with an empty HOME and\n");
    for (name, value) in claude::environment(api.port()) {
        println!("  export {name}={value}");
    }
    println!("\nscripts: [[say TEXT]] [[slow N]] [[bash: CMD]] [[edit F]] [[ask]] [[error 529 x2]] …");
    println!("all of them: cargo doc --package chorus-testkit --open");
    let mut shown = 0;
    loop {
        std::thread::sleep(std::time::Duration::from_millis(200));
        for request in &api.requests()[shown..] {
            println!("{} {} {}", request.method, request.path, request.marker);
            shown += 1;
        }
    }
}
