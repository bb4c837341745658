//! A terminal's screen as a picture: text with SGR sequences in, SVG out. Pure.

use super::looks::Terminal;
use std::fmt::Write;

/// Size of a cell, and of the margin around the screen, in pixels.
const CELL: (f32, f32) = (8.4, 19.0);
const MARGIN: f32 = 12.0;

/// The eight colors and their bright ones.
const PALETTE: [&str; 16] = [
    "#000000", "#cc6666", "#7fb069", "#d7a65f", "#6699cc", "#b294bb", "#66b2b2", "#c0c0c0", "#606060", "#ff8080",
    "#a0d080", "#f0c674", "#81a2be", "#c9a0dc", "#8abeb7", "#ffffff",
];

#[derive(Clone, Debug, Default, PartialEq)]
struct Style {
    text: Option<String>,
    paper: Option<String>,
    bold: bool,
    italic: bool,
    underline: bool,
    reverse: bool,
}

/// Neighboring cells of one style.
#[derive(Debug)]
struct Run {
    at: usize,
    text: String,
    style: Style,
}

/// The picture of a screen of so many columns and lines in a terminal.
pub fn draw(screen: &str, size: (u16, u16), terminal: Terminal) -> String {
    let paper = terminal.paper;
    let width = f32::from(size.0) * CELL.0 + 2.0 * MARGIN;
    let height = f32::from(size.1) * CELL.1 + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\" \
         xml:space=\"preserve\">\n<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{paper}\"/>\n"
    );
    let mut style = Style::default();
    for (row, line) in screen.lines().enumerate() {
        let top = MARGIN + row as f32 * CELL.1;
        let runs = runs(line, &mut style);
        runs.iter().for_each(|run| draw_paper(&mut svg, run, top, terminal));
        runs.iter().for_each(|run| draw_text(&mut svg, run, top, terminal));
        svg.push('\n');
    }
    svg.push_str("</svg>\n");
    svg
}

/// The text of a picture, line by line, without the blanks between its pieces.
pub fn text(svg: &str) -> String {
    let mut lines = Vec::new();
    for line in svg.lines() {
        let pieces = line.split("<text").skip(1).filter_map(|piece| {
            let (_, content) = piece.split_once('>')?;
            Some(content.split_once("</text>")?.0.trim().to_owned())
        });
        lines.push(pieces.filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join(" "));
    }
    lines.join("\n")
}

/// Text and background of a run, where they are drawn.
fn colors(style: &Style, terminal: Terminal) -> (Option<String>, Option<String>) {
    let (text, paper) = (style.text.clone(), style.paper.clone());
    match style.reverse {
        true => (paper.or(Some(terminal.paper.into())), text.or(Some(terminal.text.into()))),
        false => (text, paper),
    }
}

/// The background of a run.
fn draw_paper(svg: &mut String, run: &Run, top: f32, terminal: Terminal) {
    let Some(paper) = colors(&run.style, terminal).1.filter(|paper| paper != terminal.paper) else { return };
    let (left, width) = (MARGIN + run.at as f32 * CELL.0, run.text.chars().count() as f32 * CELL.0);
    let _ = write!(svg, r#"<rect x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{}" fill="{paper}"/>"#, CELL.1);
}

/// The text of a run.
fn draw_text(svg: &mut String, run: &Run, top: f32, terminal: Terminal) {
    let style = &run.style;
    let color = colors(style, terminal).0;
    let mut look = format!(r#" fill="{}""#, color.as_deref().unwrap_or(terminal.text));
    for (is_set, attribute) in [
        (style.bold, r#" font-weight="bold""#),
        (style.italic, r#" font-style="italic""#),
        (style.underline, r#" text-decoration="underline""#),
    ] {
        look.push_str(if is_set { attribute } else { "" });
    }
    let bottom = top + CELL.1 * 0.74;
    for (at, words) in pieces(&run.text) {
        let left = MARGIN + (run.at + at) as f32 * CELL.0;
        let width = words.chars().count() as f32 * CELL.0;
        let escaped = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = write!(svg, r#"<text x="{left:.1}" y="{bottom:.1}" textLength="{width:.1}"{look}>{escaped}</text>"#);
    }
}

/// What is drawn of a text, and from which of its cells on. A symbol stands alone: fonts draw it in another width.
fn pieces(text: &str) -> Vec<(usize, String)> {
    let is_symbol = |c: char| ('\u{2190}'..='\u{24ff}').contains(&c) || c >= '\u{25a0}';
    let mut pieces: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (at, c) in text.chars().enumerate() {
        match pieces.last_mut() {
            Some((_, piece)) if is_open && !is_symbol(c) => piece.push(c),
            _ if c == ' ' => {}
            _ => {
                pieces.push((at, c.into()));
                is_open = !is_symbol(c);
            }
        }
    }
    for (_, piece) in &mut pieces {
        piece.truncate(piece.trim_end().len());
    }
    pieces
}

/// The runs of a line; the style goes on from line to line.
fn runs(line: &str, style: &mut Style) -> Vec<Run> {
    let (mut runs, mut at): (Vec<Run>, usize) = (Vec::new(), 0);
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if let Some((sequence, after)) = rest.strip_prefix("\x1b[").and_then(|rest| rest.split_once('m')) {
            apply(style, sequence);
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match runs.last_mut().filter(|run| run.style == *style) {
            Some(run) => run.text.push(c),
            None => runs.push(Run { at, text: c.into(), style: style.clone() }),
        }
        at += 1;
    }
    runs
}

/// Takes in what one sequence sets.
fn apply(style: &mut Style, sequence: &str) {
    // What stands behind a colon says how a line below the text is drawn, or is a color in the other notation, whose color
    // space is left out.
    let plain = sequence.replace("4:0", "24").replace("4:3", "4").replace("::", ":").replace(':', ";");
    let mut codes = plain.split(';').map(|code| code.parse::<usize>().unwrap_or(0));
    while let Some(code) = codes.next() {
        match code {
            0 => *style = Style::default(),
            1 => style.bold = true,
            3 => style.italic = true,
            4 => style.underline = true,
            7 => style.reverse = true,
            22 => style.bold = false,
            23 => style.italic = false,
            24 => style.underline = false,
            27 => style.reverse = false,
            30..=37 => style.text = Some(PALETTE[code - 30].into()),
            40..=47 => style.paper = Some(PALETTE[code - 40].into()),
            90..=97 => style.text = Some(PALETTE[code - 82].into()),
            100..=107 => style.paper = Some(PALETTE[code - 92].into()),
            38 => style.text = color(&mut codes),
            48 => style.paper = color(&mut codes),
            // The color of the line below the text.
            58 => drop(color(&mut codes)),
            39 => style.text = None,
            49 => style.paper = None,
            _ => {}
        }
    }
}

/// What follows `38` or `48`: a color of the palette, or red, green and blue.
fn color(codes: &mut impl Iterator<Item = usize>) -> Option<String> {
    match codes.next()? {
        2 => Some(format!("#{:02x}{:02x}{:02x}", codes.next()?, codes.next()?, codes.next()?)),
        5 => Some(of_palette(codes.next()?)),
        _ => None,
    }
}

/// A color of the palette of 256: the sixteen, a cube, and grays.
fn of_palette(index: usize) -> String {
    const STEPS: [usize; 6] = [0, 95, 135, 175, 215, 255];
    match index {
        0..=15 => PALETTE[index].to_owned(),
        16..=231 => {
            let step = |divisor: usize| STEPS[(index - 16) / divisor % 6];
            format!("#{:02x}{:02x}{:02x}", step(36), step(6), step(1))
        }
        _ => {
            let gray = 8 + 10 * (index.min(255) - 232);
            format!("#{gray:02x}{gray:02x}{gray:02x}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMINAL: Terminal = Terminal { text: "#ffffff", paper: "#000000" };

    #[test]
    fn colored_text_stands_where_it_stood() {
        let svg = draw(" a\x1b[1;38;2;255;0;16m <b>\x1b[m  c\n\x1b[48;5;1m  ", (10, 2), TERMINAL);
        assert!(
            svg.contains(r##"x="37.2" y="26.1" textLength="25.2" fill="#ff0010" font-weight="bold">&lt;b&gt;</text>"##),
            "{svg}"
        );
        assert!(svg.contains(r##"<rect x="12.0" y="31.0" width="16.8" height="19" fill="#cc6666"/>"##), "{svg}");
        assert_eq!(text(&svg).trim(), "a &lt;b&gt; c");
    }

    #[test]
    fn a_symbol_stands_alone() {
        let expected = [(1, "a  b"), (6, "✎"), (8, "2 ── c")].map(|(at, piece)| (at, piece.to_owned()));
        assert_eq!(pieces(" a  b ✎ 2 ── c  "), expected);
    }

    #[test]
    fn colors_come_from_the_palette_and_from_the_terminal() {
        let svg = draw("\x1b[38;5;202ma\x1b[38;5;232mb\x1b[0;7mc\x1b[0;4:3;58:2::1:2:3md", (4, 1), TERMINAL);
        for look in [r##"fill="#ff5f00">a<"##, r##"fill="#080808">b<"##, r##"fill="#000000">c<"##] {
            assert!(svg.contains(look), "{look} in {svg}");
        }
        assert!(svg.contains(r##"fill="#ffffff" text-decoration="underline">d<"##), "{svg}");
    }
}
