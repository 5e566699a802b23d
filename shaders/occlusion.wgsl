// Ambient occlusion from the picture's depth, in place of the shader of the same name in Bevy: the
// bindings, the entry point and the edges for the smoothing pass are Bevy's; what is measured follows
// "Practical Realtime Strategies for Accurate Indirect Occlusion" (Jimenez et al., 2016).
//
// Differences that matter on a table: the radius is an argument; what lies beyond it does not count,
// so that an arm throws no halo on what is far behind it; every place is read unblurred.

#import bevy_render::{
    view::View,
    globals::Globals,
    maths::{PI, HALF_PI, fast_acos_4},
}

@group(0) @binding(0) var preprocessed_depth: texture_2d<f32>;
@group(0) @binding(1) var normals: texture_2d<f32>;
@group(0) @binding(2) var hilbert_index_lut: texture_2d<u32>;
#ifdef USE_R16FLOAT
@group(0) @binding(3) var ambient_occlusion: texture_storage_2d<r16float, write>;
#else
@group(0) @binding(3) var ambient_occlusion: texture_storage_2d<r32float, write>;
#endif
@group(0) @binding(4) var depth_differences: texture_storage_2d<r32uint, write>;
@group(0) @binding(5) var<uniform> globals: Globals;
// Metres. (Bevy's thickness.)
@group(0) @binding(6) var<uniform> radius: f32;
@group(1) @binding(0) var point_clamp_sampler: sampler;
@group(1) @binding(1) var linear_clamp_sampler: sampler;
@group(1) @binding(2) var<uniform> view: View;

// The largest radius, a share of the picture's height: nearer than that it is looked about less far.
const WIDEST: f32 = 0.25;
// Share of the radius up to which everything counts in full.
const IN_FULL: f32 = 0.4;
// Depths are 16-bit floats: steps this share of the distance from the eye are noise.
const GRAIN: f32 = 0.0005;
// How dark the dark is.
const POWER: f32 = 2.4;

// Evenly spread over neighbours, so that the smoothing pass has something to mend.
fn scatter(pixel: vec2<i32>) -> vec2<f32> {
    let index = textureLoad(hilbert_index_lut, pixel % 64, 0).r;
    return fract(0.5 + f32(index) * vec2(0.75487766624669276, 0.56984029099805327));
}

fn depth_at(pixel: vec2<i32>) -> f32 {
    let last = vec2<i32>(view.viewport.zw) - 1;
    return textureLoad(preprocessed_depth, clamp(pixel, vec2(0), last), 0).r;
}

fn place(pixel: vec2<i32>, depth: f32) -> vec3<f32> {
    let uv = (vec2<f32>(pixel) + 0.5) / view.viewport.zw;
    let at = view.view_from_clip * vec4(uv.x * 2.0 - 1.0, 1.0 - 2.0 * uv.y, depth, 1.0);
    return at.xyz / at.w;
}

// Where depth breaks off towards the four neighbours: 1 where it goes on.
fn keep_edges(pixel: vec2<i32>, depth: f32) {
    let sides = vec4(
        depth_at(pixel - vec2(1, 0)), depth_at(pixel + vec2(1, 0)),
        depth_at(pixel - vec2(0, 1)), depth_at(pixel + vec2(0, 1)),
    ) - depth;
    let slope = vec2(sides.y - sides.x, sides.w - sides.z) * 0.5;
    let bent = sides + vec4(slope.x, -slope.x, slope.y, -slope.y);
    let steps = min(abs(sides), abs(bent));
    let kept = saturate(1.25 - steps / max(depth * 0.011, 1e-7));
    textureStore(depth_differences, pixel, vec4(pack4x8unorm(kept), 0u, 0u, 0u));
}

struct Here {
    at: vec3<f32>,
    towards: vec3<f32>,
    // Metres.
    reach: f32,
    grain: f32,
}

// Raises a horizon (a cosine) by what is at a pixel.
fn raised(horizon: f32, low: f32, pixel: vec2<i32>, here: Here) -> f32 {
    let depth = depth_at(pixel);
    if depth <= 0.0 {
        return horizon;
    }
    let step = place(pixel, depth) - here.at;
    let away = max(length(step), 1e-6);
    let far = saturate((here.reach - away) / (here.reach * (1.0 - IN_FULL)));
    let near = saturate(away / here.grain - 1.0);
    return max(horizon, mix(low, dot(step / away, here.towards), far * near));
}

@compute
@workgroup_size(8, 8, 1)
fn ssao(@builtin(global_invocation_id) global_id: vec3<u32>) {
    let directions = i32(#SLICE_COUNT);
    let places = i32(#SAMPLES_PER_SLICE_SIDE);
    let pixel = vec2<i32>(global_id.xy);
    let size = view.viewport.zw;
    let depth = depth_at(pixel);
    keep_edges(pixel, depth);
    // Nothing there; or a parallel view, whose depths are too coarse.
    if depth <= 0.0 || view.clip_from_view[3].w == 1.0 {
        textureStore(ambient_occlusion, pixel, vec4(1.0, 0.0, 0.0, 0.0));
        return;
    }

    var here: Here;
    let seen = place(pixel, depth);
    let grain = -seen.z * GRAIN;
    // A little towards the eye, so that a flat face does not shade itself.
    here.at = seen * (1.0 - 2.0 * GRAIN);
    here.towards = normalize(-here.at);
    let pixels_a_metre = 0.5 * size.y * view.clip_from_view[1][1] / -here.at.z;
    let reach = min(radius * pixels_a_metre, WIDEST * size.y);
    here.reach = reach / pixels_a_metre;
    here.grain = 6.0 * grain;
    let view_from_world = mat3x3(
        view.view_from_world[0].xyz, view.view_from_world[1].xyz, view.view_from_world[2].xyz,
    );
    var normal = view_from_world * (textureLoad(normals, pixel, 0).xyz * 2.0 - 1.0);
    normal = normalize(normal);
    if dot(normal, here.towards) < 0.0 {
        normal = -normal;
    }

    let noise = scatter(pixel);
    var open = 0.0;
    for (var i = 0; i < directions; i++) {
        let turn = (f32(i) + noise.x) * PI / f32(directions);
        let ray = vec3(cos(turn), sin(turn), 0.0);
        let over = ray - here.towards * dot(ray, here.towards);
        let axis = normalize(cross(over, here.towards));
        let flat = normal - axis * dot(normal, axis);
        let share = max(length(flat), 1e-5);
        let cosine = saturate(dot(flat, here.towards) / share);
        let tilt = sign(dot(over, flat)) * fast_acos_4(cosine);
        let low = vec2(cos(tilt + HALF_PI), cos(tilt - HALF_PI));
        var horizon = low;
        for (var k = 0; k < places; k++) {
            let spread = fract(noise.y + f32(i + k * places) * 0.61803398875);
            let s = (f32(k) + spread) / f32(places);
            let step = vec2<i32>(round(vec2(ray.x, -ray.y) * max(s * s * reach, 1.5)));
            horizon.x = raised(horizon.x, low.x, pixel + step, here);
            horizon.y = raised(horizon.y, low.y, pixel - step, here);
        }
        let a = -fast_acos_4(clamp(horizon.y, -1.0, 1.0));
        let b = fast_acos_4(clamp(horizon.x, -1.0, 1.0));
        let arc = vec2(a, b);
        let lit = cosine + 2.0 * arc * sin(tilt) - cos(2.0 * arc - tilt);
        open += share * 0.25 * (lit.x + lit.y);
    }
    open = pow(saturate(open / f32(directions)), POWER);
    textureStore(ambient_occlusion, pixel, vec4(max(open, 0.03), 0.0, 0.0, 0.0));
}
