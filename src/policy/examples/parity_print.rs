//! The worst figures of the comparison with a folder of fixtures.
//!
//!     cargo run --release -p policy --example parity_print -- FOLDER
fn main() -> nn::Result<()> {
    let begun = std::time::Instant::now();
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let parity = policy::a2a::parity(std::path::Path::new(&folder))?;
    let mut compared = parity.compared.clone();
    compared.sort_by(|a, b| b.1.total_cmp(&a.1));
    #[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
    {
        for (name, error) in compared.iter().take(40) {
            println!("{error:.2e} {name}");
        }
        println!(
            "{} compared, forward {:.2e}, gradient {:.2e}, {:.1?}",
            compared.len(),
            parity.worst_forward,
            parity.worst_gradient,
            begun.elapsed()
        );
    }
    Ok(())
}
