// Marks and ghosts: their colours reach the screen as they are, neither lit nor tone-mapped, so that
// a legend beside the view tells the truth.

#import bevy_pbr::forward_io::{Vertex, VertexOutput}
#import bevy_pbr::mesh_functions
#import bevy_pbr::mesh_view_bindings::view

struct Ink {
    color: vec4<f32>,
    shade: f32,
    rim: f32,
    pictured: u32,
    // Whether the second texture coordinate is how thick a mark is, metres.
    measured: u32,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(0) var<uniform> ink: Ink;
@group(#{MATERIAL_BIND_GROUP}) @binding(1) var picture: texture_2d<f32>;
@group(#{MATERIAL_BIND_GROUP}) @binding(2) var picture_sampler: sampler;

// Half the width, in pixels, below which a mark would break up into dots.
const THINNEST: f32 = 0.7;

@vertex
fn vertex(in: Vertex) -> VertexOutput {
    let world_from_local = mesh_functions::get_world_from_local(in.instance_index);
    let local = vec4(in.position, 1.0);
    var at = mesh_functions::mesh_position_local_to_world(world_from_local, local);
    let normal = mesh_functions::mesh_normal_local_to_world(in.normal, in.instance_index);
    var out: VertexOutput;
#ifdef VERTEX_COLORS
    out.color = in.color;
#endif
#ifdef VERTEX_UVS_B
    out.uv_b = in.uv_b;
    if ink.measured == 1u {
        // Widened to that, and so much fainter.
        // (The fourth coordinate is the distance from the eye, or 1 in a parallel view.)
        let away = (view.clip_from_world * at).w;
        let pixel = 2.0 * away / (view.clip_from_view[1][1] * view.viewport.w);
        let radius = in.uv_b.x;
        let seen = max(radius, THINNEST * pixel);
        at = vec4(at.xyz + normal * (seen - radius), 1.0);
#ifdef VERTEX_COLORS
        out.color.a *= radius / max(seen, 1e-9);
#endif
    }
#endif
#ifdef VERTEX_UVS_A
    out.uv = in.uv;
#endif
    out.world_position = at;
    out.world_normal = normal;
    out.position = view.clip_from_world * at;
#ifdef VERTEX_OUTPUT_INSTANCE_INDEX
    out.instance_index = in.instance_index;
#endif
    return out;
}

@fragment
fn fragment(in: VertexOutput) -> @location(0) vec4<f32> {
    var color = ink.color;
#ifdef VERTEX_COLORS
    color *= in.color;
#endif
#ifdef VERTEX_UVS_A
    if ink.pictured == 1u {
        color = vec4(textureSample(picture, picture_sampler, in.uv).rgb, color.a);
    }
#endif
    // A parallel view has no one point to be seen from.
    var towards = normalize(view.world_position - in.world_position.xyz);
    if view.clip_from_view[3].w == 1.0 {
        towards = normalize(view.world_from_view[2].xyz);
    }
    let facing = abs(dot(normalize(in.world_normal), towards));
    let edge = (1.0 - facing) * (1.0 - facing);
    let shaded = color.rgb * mix(1.0, 0.45 + 0.55 * facing, ink.shade);
    let opacity = mix(color.a, min(color.a * 2.2, 1.0), ink.rim * edge);
    return vec4(shaded, opacity);
}
