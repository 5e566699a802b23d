// The studio's floor: lit, so that it takes shadows; under a grid of metres and decimetres; fading
// into the background all round.

#import bevy_pbr::pbr_fragment::pbr_input_from_standard_material

#ifdef PREPASS_PIPELINE
#import bevy_pbr::prepass_io::{VertexOutput, FragmentOutput}
#import bevy_pbr::pbr_deferred_functions::deferred_output
#else
#import bevy_pbr::forward_io::{VertexOutput, FragmentOutput}
#import bevy_pbr::pbr_functions::{apply_pbr_lighting, main_pass_post_lighting_processing}
#endif

struct Floor {
    // Linear, as they are to appear.
    background: vec4<f32>,
    line: vec4<f32>,
    // Where the fading is centred: x and z of the world as Bevy has it.
    center: vec2<f32>,
    // Metres from the centre: all floor, all background.
    near: f32,
    far: f32,
    // 0 without a grid.
    grid: f32,
    // Pixels drawn for one that is shown.
    pixel: f32,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(100) var<uniform> look: Floor;

// How much of a pixel the lines of a grid of this step cover; less where they crowd.
fn lines(at: vec2<f32>, step: f32, thick: f32) -> f32 {
    let p = at / step;
    let width = max(fwidth(p) * look.pixel, vec2(1e-6));
    let away = abs(fract(p - 0.5) - 0.5) / width;
    let line = 1.0 - smoothstep(vec2(thick * 0.5), vec2(thick * 0.5 + 1.0), away);
    let crowd = 1.0 - smoothstep(vec2(0.15), vec2(0.5), width);
    return max(line.x * crowd.x, line.y * crowd.y);
}

@fragment
fn fragment(in: VertexOutput, @builtin(front_facing) is_front: bool) -> FragmentOutput {
    var pbr_input = pbr_input_from_standard_material(in, is_front);
#ifdef PREPASS_PIPELINE
    return deferred_output(in, pbr_input);
#else
    var out: FragmentOutput;
    out.color = apply_pbr_lighting(pbr_input);
    out.color = main_pass_post_lighting_processing(pbr_input, out.color);
    let at = in.world_position.xz;
    let fine = lines(at, 0.1, 0.4) * 0.35;
    let coarse = lines(at, 1.0, 1.0);
    let ink = max(fine, coarse) * look.line.a * look.grid;
    var color = mix(out.color.rgb, look.line.rgb, ink);
    let away = smoothstep(look.near, look.far, length(at - look.center));
    color = mix(color, look.background.rgb, away);
    out.color = vec4(color, 1.0);
    return out;
#endif
}
