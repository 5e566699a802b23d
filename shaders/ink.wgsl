// Marks and ghosts: their colours reach the screen as they are, neither lit nor tone-mapped, so that
// a legend beside the view tells the truth.

#import bevy_pbr::forward_io::VertexOutput
#import bevy_pbr::mesh_view_bindings::view

struct Ink {
    color: vec4<f32>,
    shade: f32,
    rim: f32,
    pictured: u32,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(0) var<uniform> ink: Ink;
@group(#{MATERIAL_BIND_GROUP}) @binding(1) var picture: texture_2d<f32>;
@group(#{MATERIAL_BIND_GROUP}) @binding(2) var picture_sampler: sampler;

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
