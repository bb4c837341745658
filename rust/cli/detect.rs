//! `chorus detect`: classifies captured screens, one JSON line a file. It is how a wrong status is reported.
