use chorus::cli::detect::{Options, run};
fn main() {
    let mut args = std::env::args().skip(1);
    let session = args.next().unwrap();
    let command = args.next().unwrap();
    let dead = args.next().unwrap();
    let options = Options { agent: "claude".into(), session_file: (session != "-").then(|| session.into()), command: Some(command), dead: dead.parse().ok(), rules: None, files: args.map(Into::into).collect() };
    run(&options, &mut std::io::stdout()).unwrap();
}
