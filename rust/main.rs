//! The `chorus` program.
fn main() {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("demo-agent") {
        std::process::exit(chorus::demo_agent::run(args.collect()));
    }
}
