//! The render pipeline of point clouds.

use bevy::core_pipeline::core_3d::{Transparent3d, TransparentSortingInfo3d};
use bevy::ecs::query::ROQueryItem;
use bevy::ecs::system::SystemParamItem;
use bevy::ecs::system::lifetimeless::{Read, SRes};
use bevy::mesh::VertexBufferLayout;
use bevy::prelude::*;
use bevy::render::camera::ExtractedCamera;
use bevy::render::render_phase::{
    AddRenderCommand, DrawFunctions, PhaseItem, PhaseItemExtraIndex, RenderCommand,
    RenderCommandResult, SetItemPipeline, TrackedRenderPass, ViewSortedRenderPhases,
};
use bevy::render::render_resource::binding_types::uniform_buffer;
use bevy::render::render_resource::{
    BindGroup, BindGroupEntries, BindGroupLayoutDescriptor, BindGroupLayoutEntries, BlendState,
    ColorTargetState, ColorWrites, CompareFunction, DepthStencilState, FragmentState,
    MultisampleState, PipelineCache, PrimitiveState, PrimitiveTopology, RenderPipelineDescriptor,
    ShaderStages, SpecializedRenderPipeline, SpecializedRenderPipelines, TextureFormat,
    VertexFormat, VertexState, VertexStepMode,
};
use bevy::render::renderer::RenderDevice;
use bevy::render::view::{
    ExtractedView, RenderVisibleEntities, ViewUniform, ViewUniformOffset, ViewUniforms,
};
use bevy::render::{ExtractSchedule, Render, RenderApp, RenderSystems};

use super::upload::{Clouds, SetUniform, SetUniforms, extract, send};
use super::{OnTheWay, PointSet};
use crate::shaders;

/// Draws [`PointSet`]s.
pub fn plugin(app: &mut App) {
    let on_the_way = OnTheWay::default();
    app.insert_resource(on_the_way.clone());
    let Some(render) = app.get_sub_app_mut(RenderApp) else { return };
    render
        .insert_resource(on_the_way)
        .init_resource::<Clouds>()
        .init_resource::<SetUniforms>()
        .insert_resource(Pipeline::new())
        .init_resource::<SpecializedRenderPipelines<Pipeline>>()
        .add_render_command::<Transparent3d, Draw>()
        .add_systems(ExtractSchedule, extract)
        .add_systems(Render, send.in_set(RenderSystems::PrepareResources))
        .add_systems(Render, bind.in_set(RenderSystems::PrepareBindGroups))
        .add_systems(Render, queue.in_set(RenderSystems::Queue));
}

#[derive(Resource)]
struct Pipeline {
    view: BindGroupLayoutDescriptor,
    set: BindGroupLayoutDescriptor,
}

impl Pipeline {
    fn new() -> Self {
        let stages = ShaderStages::VERTEX_FRAGMENT;
        Self {
            view: BindGroupLayoutDescriptor::new(
                "points_view",
                &BindGroupLayoutEntries::single(stages, uniform_buffer::<ViewUniform>(true)),
            ),
            set: BindGroupLayoutDescriptor::new(
                "points_set",
                &BindGroupLayoutEntries::single(stages, uniform_buffer::<SetUniform>(true)),
            ),
        }
    }
}

#[derive(Hash, PartialEq, Eq, Clone, Copy)]
struct Key {
    format: TextureFormat,
    samples: u32,
}

impl SpecializedRenderPipeline for Pipeline {
    type Key = Key;

    fn specialize(&self, key: Key) -> RenderPipelineDescriptor {
        RenderPipelineDescriptor {
            label: Some("points".into()),
            layout: vec![self.view.clone(), self.set.clone()],
            vertex: VertexState {
                shader: shaders::POINTS,
                entry_point: Some("vertex".into()),
                buffers: vec![VertexBufferLayout::from_vertex_formats(
                    VertexStepMode::Instance,
                    [VertexFormat::Float32x3, VertexFormat::Unorm8x4],
                )],
                ..VertexState::default()
            },
            primitive: PrimitiveState {
                topology: PrimitiveTopology::TriangleStrip,
                cull_mode: None,
                ..PrimitiveState::default()
            },
            depth_stencil: Some(DepthStencilState {
                format: TextureFormat::Depth32Float,
                depth_write_enabled: Some(true),
                depth_compare: Some(CompareFunction::GreaterEqual),
                stencil: Default::default(),
                bias: Default::default(),
            }),
            multisample: MultisampleState { count: key.samples, ..MultisampleState::default() },
            fragment: Some(FragmentState {
                shader: shaders::POINTS,
                entry_point: Some("fragment".into()),
                targets: vec![Some(ColorTargetState {
                    format: key.format,
                    blend: Some(BlendState::ALPHA_BLENDING),
                    write_mask: ColorWrites::ALL,
                })],
                ..FragmentState::default()
            }),
            ..RenderPipelineDescriptor::default()
        }
    }
}

#[derive(Resource)]
struct SetBinding(BindGroup);

#[derive(Component)]
struct ViewBinding(BindGroup);

fn bind(
    mut commands: Commands,
    device: Res<RenderDevice>,
    cache: Res<PipelineCache>,
    pipeline: Res<Pipeline>,
    sets: Res<SetUniforms>,
    view_uniforms: Res<ViewUniforms>,
    views: Query<Entity, (With<ViewUniformOffset>, With<ExtractedCamera>)>,
) {
    let (Some(view), Some(set)) = (view_uniforms.uniforms.binding(), sets.0.binding()) else {
        return;
    };
    commands.insert_resource(SetBinding(device.create_bind_group(
        "points_set",
        &cache.get_bind_group_layout(&pipeline.set),
        &BindGroupEntries::single(set),
    )));
    for entity in &views {
        let group = device.create_bind_group(
            "points_view",
            &cache.get_bind_group_layout(&pipeline.view),
            &BindGroupEntries::single(view.clone()),
        );
        commands.entity(entity).insert(ViewBinding(group));
    }
}

fn queue(
    functions: Res<DrawFunctions<Transparent3d>>,
    cache: Res<PipelineCache>,
    pipeline: Res<Pipeline>,
    mut pipelines: ResMut<SpecializedRenderPipelines<Pipeline>>,
    mut phases: ResMut<ViewSortedRenderPhases<Transparent3d>>,
    clouds: Res<Clouds>,
    views: Query<(&ExtractedView, &RenderVisibleEntities, &Msaa), With<ExtractedCamera>>,
) {
    let Some(draw_function) = functions.read().get_id::<Draw>() else { return };
    for (view, visible, msaa) in &views {
        let Some(phase) = phases.get_mut(&view.retained_view_entity) else { continue };
        let Some(sets) = visible.get::<PointSet>() else { continue };
        let key = Key { format: view.target_format, samples: msaa.samples() };
        let pipeline = pipelines.specialize(&cache, &pipeline, key);
        for (entity, main) in sets.iter_visible() {
            if clouds.0.get(entity).is_none_or(|held| held.count == 0) {
                continue;
            }
            phase.add_transient(Transparent3d {
                pipeline,
                entity: (*entity, *main),
                draw_function,
                distance: 0.0,
                batch_range: 0..1,
                extra_index: PhaseItemExtraIndex::None,
                indexed: false,
                // Before marks and ghosts, whatever is nearer.
                sorting_info: TransparentSortingInfo3d::Sorted {
                    mesh_center: Vec3::ZERO,
                    depth_bias: -3000.0,
                },
            });
        }
    }
}

type Draw = (SetItemPipeline, DrawDots);

struct DrawDots;

impl<P: PhaseItem> RenderCommand<P> for DrawDots {
    type Param = (SRes<SetBinding>, SRes<Clouds>);
    type ViewQuery = (Read<ViewUniformOffset>, Read<ViewBinding>);
    type ItemQuery = ();

    fn render<'w>(
        item: &P,
        (view_offset, view): ROQueryItem<'w, '_, Self::ViewQuery>,
        _: Option<ROQueryItem<'w, '_, Self::ItemQuery>>,
        (set, clouds): SystemParamItem<'w, '_, Self::Param>,
        pass: &mut TrackedRenderPass<'w>,
    ) -> RenderCommandResult {
        let Some(held) = clouds.into_inner().0.get(&item.entity()) else {
            return RenderCommandResult::Skip;
        };
        pass.set_bind_group(0, &view.0, &[view_offset.offset]);
        pass.set_bind_group(1, &set.into_inner().0, &[held.offset]);
        pass.set_vertex_buffer(0, held.buffer.slice(..));
        pass.draw(0..4, 0..held.count);
        RenderCommandResult::Success
    }
}
