//! How the viewer arranges a recording when it opens it.

use rerun::blueprint::{
    Blueprint, ContainerLike, Horizontal, Spatial2DView, Spatial3DView, Tabs, TextDocumentView,
    TextLogView, TimePanel, TimeSeriesView, Vertical,
};

/// The 3D scene on the left; pictures, curves and text on the right.
pub fn blueprint() -> Blueprint {
    let scene: ContainerLike = Spatial3DView::new("Scene").with_origin("world").into();
    let pictures: ContainerLike = Tabs::new([
        Spatial2DView::new("View").with_origin("world/camera/main").into(),
        Spatial2DView::new("Target").with_origin("pictures/target").into(),
        Spatial2DView::new("Flow").with_origin("pictures/flow").into(),
    ])
    .into();
    let curves: ContainerLike = Tabs::new([
        TimeSeriesView::new("Joints").with_origin("joints").into(),
        TimeSeriesView::new("Openings").with_origin("openings").into(),
        TimeSeriesView::new("Numbers").with_origin("numbers").into(),
    ])
    .into();
    let text: ContainerLike = Tabs::new([
        TextLogView::new("Log").with_origin("log").into(),
        TextDocumentView::new("Plan").with_origin("pages/plan").into(),
    ])
    .into();
    let right: ContainerLike =
        Vertical::new([pictures, curves, text]).with_row_shares(vec![3.0, 2.0, 2.0]).into();
    Blueprint::new(Horizontal::new([scene, right]).with_column_shares(vec![3.0, 2.0]))
        .with_auto_views(false)
        .with_time_panel(TimePanel::new().with_timeline("time"))
}
