fn main() {
    let t = std::time::Instant::now();
    let p = policy::a2a::parity(std::path::Path::new(&std::env::args().nth(1).unwrap())).unwrap();
    let mut c = p.compared.clone();
    c.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (n, e) in c.iter().take(40) { println!("{e:.2e} {n}"); }
    println!("{} compared, forward {:.2e}, gradient {:.2e}, {:.1?}", c.len(), p.worst_forward, p.worst_gradient, t.elapsed());
}
