// Solid patterns, looked up at points of the mesh's own frame: checker, wood and mottle as the
// headless renderer draws them. The points arrive as texture coordinates: (x, y) and (z, 0).

#import bevy_pbr::pbr_fragment::pbr_input_from_standard_material

#ifdef PREPASS_PIPELINE
#import bevy_pbr::prepass_io::{VertexOutput, FragmentOutput}
#import bevy_pbr::pbr_deferred_functions::deferred_output
#else
#import bevy_pbr::forward_io::{VertexOutput, FragmentOutput}
#import bevy_pbr::pbr_functions::{apply_pbr_lighting, main_pass_post_lighting_processing}
#endif

struct Pattern {
    // Linear colour of the other squares, the grain, the blotches.
    other: vec4<f32>,
    // 1 checker, 2 wood, 3 mottle.
    kind: u32,
    seed: u32,
    // Metres.
    scale: f32,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(100) var<uniform> pattern: Pattern;

fn mix_bits(a: u32, b: u32) -> u32 {
    var x = a ^ (b * 0x9e3779b9u);
    for (var i = 0; i < 2; i++) {
        x ^= x >> 16u;
        x *= 0x7feb352du;
        x ^= x >> 15u;
        x *= 0x846ca68bu;
    }
    return x ^ (x >> 16u);
}

fn unit(x: u32) -> f32 {
    return f32(x >> 8u) / 16777216.0;
}

fn corner(cell: vec3<i32>, seed: u32) -> f32 {
    let c = bitcast<vec3<u32>>(cell);
    let row = (c.x * 0x8da6b343u) ^ (c.y * 0xd8163841u) ^ (c.z * 0xcb1ab31fu);
    return unit(mix_bits(row, seed));
}

// Smooth noise from 0 to 1 with features of size 1.
fn noise(p: vec3<f32>, seed: u32) -> f32 {
    let cell = floor(p);
    let t = p - cell;
    let f = t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
    let c = vec3<i32>(cell);
    let x00 = mix(corner(c, seed), corner(c + vec3(1, 0, 0), seed), f.x);
    let x10 = mix(corner(c + vec3(0, 1, 0), seed), corner(c + vec3(1, 1, 0), seed), f.x);
    let x01 = mix(corner(c + vec3(0, 0, 1), seed), corner(c + vec3(1, 0, 1), seed), f.x);
    let x11 = mix(corner(c + vec3(0, 1, 1), seed), corner(c + vec3(1, 1, 1), seed), f.x);
    return mix(mix(x00, x10, f.y), mix(x01, x11, f.y), f.z);
}

fn clouds(p: vec3<f32>, seed: u32, width: f32) -> f32 {
    var sum = 0.0;
    var weight = 0.0;
    var size = 1.0;
    for (var octave = 0u; octave < 4u; octave++) {
        let seen = 1.0 - smoothstep(0.25, 1.0, width / size);
        var here = 0.5;
        if seen > 0.0 {
            here = noise(p / size, mix_bits(seed, octave));
        }
        sum += size * (0.5 + (here - 0.5) * seen);
        weight += size;
        size *= 0.5;
    }
    return sum / weight;
}

fn fibre(p: vec3<f32>, fine: f32, salt: u32, width: f32) -> f32 {
    let seen = 1.0 - smoothstep(0.2, 0.8, width * fine);
    if seen <= 0.0 {
        return 0.0;
    }
    let at = vec3(p.x * fine * 0.04, p.y * fine, p.z * fine);
    return (noise(at, mix_bits(pattern.seed, salt)) - 0.5) * seen;
}

// Share of dark grain in a board sawn along x; `width` is a pixel, all in rings.
fn wood(p: vec3<f32>, width: f32) -> f32 {
    let seed = pattern.seed;
    let heart = vec2(
        (unit(mix_bits(seed, 1u)) - 0.5) * 12.0,
        -6.0 - 4.0 * unit(mix_bits(seed, 2u)),
    );
    let wobble = noise(vec3(p.x * 0.06, p.y * 0.25, p.z * 0.25), seed) - 0.5;
    let off = vec2(p.y - heart.x + wobble * 3.5, p.z - heart.y + p.x * 0.03 + wobble * 1.5);
    let ring = fract(length(off));
    let seen = 1.0 - smoothstep(0.2, 0.8, width);
    let late = smoothstep(0.35, 0.95, ring) * (1.0 - smoothstep(0.95, 1.0, ring));
    let soft = 0.5 - 0.5 * cos(ring * 6.2831853);
    let rings = 0.5 + (0.55 * late + 0.25 * soft - 0.28) * seen
        * (0.7 + 0.6 * noise(p * 0.3, mix_bits(seed, 5u)));
    let fibres = 0.35 * fibre(p, 3.0, 3u, width) + 0.3 * fibre(p, 9.0, 4u, width);
    return clamp(rings - 0.12 + fibres, 0.0, 1.0);
}

fn wave(x: f32) -> f32 {
    let phase = x - 2.0 * floor(x * 0.5);
    return 1.0 - abs(phase - 1.0);
}

fn across(x: f32, half: f32) -> f32 {
    return (wave(x + half) - wave(x - half)) / (2.0 * half);
}

fn checker(at: vec3<f32>, size: f32, width: f32) -> f32 {
    let p = at / size;
    let half = max(width / size, 1e-4) * 0.5;
    // The axis along which a flat face does not change.
    let steps = fwidth(at);
    if steps.z <= steps.x && steps.z <= steps.y {
        return 0.5 - 0.5 * across(p.x, half) * across(p.y, half);
    }
    if steps.x <= steps.y {
        return 0.5 - 0.5 * across(p.y, half) * across(p.z, half);
    }
    return 0.5 - 0.5 * across(p.x, half) * across(p.z, half);
}

@fragment
fn fragment(in: VertexOutput, @builtin(front_facing) is_front: bool) -> FragmentOutput {
    var pbr_input = pbr_input_from_standard_material(in, is_front);
#ifdef VERTEX_UVS_B
    let at = vec3(in.uv, in.uv_b.x);
    let width = length(fwidth(at)) * 0.7;
    var share = 0.0;
    if pattern.kind == 1u {
        share = checker(at, pattern.scale, width);
    } else if pattern.kind == 2u {
        share = wood(at / pattern.scale, width / pattern.scale);
    } else {
        share = smoothstep(0.3, 0.7, clouds(at / pattern.scale, pattern.seed, width / pattern.scale));
    }
    let base = pbr_input.material.base_color;
    pbr_input.material.base_color = vec4(mix(base.rgb, pattern.other.rgb, share), base.a);
#endif
#ifdef PREPASS_PIPELINE
    return deferred_output(in, pbr_input);
#else
    var out: FragmentOutput;
    out.color = apply_pbr_lighting(pbr_input);
    out.color = main_pass_post_lighting_processing(pbr_input, out.color);
    return out;
#endif
}
