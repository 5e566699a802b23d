// Point clouds: one instance a point, a square turned to the eye with a round inside.

#import bevy_render::view::View

struct PointSet {
    world_from_set: mat4x4<f32>,
    // Diameter, pixels or metres.
    size: f32,
    in_metres: u32,
    opacity: f32,
    // Pixels drawn for one that is shown.
    pixel: f32,
}

@group(0) @binding(0) var<uniform> view: View;
@group(1) @binding(0) var<uniform> points: PointSet;

struct Corner {
    @builtin(position) position: vec4<f32>,
    @location(0) color: vec3<f32>,
    @location(1) at: vec2<f32>,
}

fn linear(srgb: vec3<f32>) -> vec3<f32> {
    let low = srgb / 12.92;
    let high = pow((srgb + 0.055) / 1.055, vec3(2.4));
    return select(high, low, srgb <= vec3(0.04045));
}

@vertex
fn vertex(
    @builtin(vertex_index) index: u32,
    @location(0) point: vec3<f32>,
    @location(1) color: vec4<f32>,
) -> Corner {
    let at = vec2(f32(index & 1u) * 2.0 - 1.0, f32(index >> 1u) * 2.0 - 1.0);
    var out: Corner;
    var clip = view.clip_from_world * points.world_from_set * vec4(point, 1.0);
    var pixels = points.size * points.pixel;
    if points.in_metres == 1u {
        pixels = points.size * view.clip_from_view[1][1] * 0.5 * view.viewport.w / clip.w;
    }
    pixels = clamp(pixels, points.pixel, 200.0 * points.pixel);
    clip = vec4(clip.xy + at * pixels / view.viewport.zw * clip.w, clip.zw);
    out.position = clip;
    out.color = linear(color.rgb);
    out.at = at;
    return out;
}

@fragment
fn fragment(in: Corner) -> @location(0) vec4<f32> {
    let away = length(in.at);
    let soft = fwidth(away);
    let cover = 1.0 - smoothstep(1.0 - soft, 1.0, away);
    if cover < 0.25 {
        discard;
    }
    // A little darker at the edge, so that points read as beads where they lie over each other; less
    // where they are as large as the surface they close.
    let edge = select(0.22, 0.06, points.in_metres == 1u);
    return vec4(in.color * (1.0 - edge * away * away), cover * points.opacity);
}
