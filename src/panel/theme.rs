//! The look of every widget: one family, three sizes, an 8-pixel grid, one accent.

use egui::style::{HandleShape, ScrollStyle, Selection, WidgetVisuals, Widgets};
use egui::{Context, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, TextStyle, vec2};

use crate::{Colors, Theme};

/// Text that explains, points.
pub const SMALL: f32 = 12.0;
/// Text, points.
pub const BODY: f32 = 14.0;
/// Headings, points.
pub const HEADING: f32 = 17.0;
/// The grid that spaces follow, points.
pub const GRID: f32 = 8.0;

/// Dresses every widget of `ctx`.
pub fn apply(ctx: &Context, theme: Theme) {
    let (base, preference) = match theme {
        Theme::Dark => (egui::Visuals::dark(), egui::Theme::Dark),
        Theme::Light => (egui::Visuals::light(), egui::Theme::Light),
    };
    ctx.set_theme(preference);
    let colors = Colors::of(theme);
    ctx.all_styles_mut(|style| {
        style.visuals = visuals(base.clone(), colors);
        spacing(style);
    });
}

fn spacing(style: &mut egui::Style) {
    let text = |size| FontId::new(size, FontFamily::Proportional);
    style.text_styles = [
        (TextStyle::Small, text(SMALL)),
        (TextStyle::Body, text(BODY)),
        (TextStyle::Button, text(BODY)),
        (TextStyle::Heading, text(HEADING)),
        (TextStyle::Monospace, FontId::new(SMALL, FontFamily::Monospace)),
    ]
    .into();
    let space = &mut style.spacing;
    space.item_spacing = vec2(GRID, GRID / 2.0);
    space.button_padding = vec2(GRID, GRID / 2.0);
    space.interact_size = vec2(GRID * 5.0, GRID * 3.0);
    space.indent = GRID * 2.0;
    space.menu_margin = Margin::same(8);
    space.window_margin = Margin::same(16);
    space.slider_width = GRID * 16.0;
    space.slider_rail_height = 4.0;
    space.combo_width = GRID * 12.0;
    space.tooltip_width = GRID * 40.0;
    space.scroll = ScrollStyle { bar_width: 8.0, ..ScrollStyle::solid() };
    style.animation_time = 0.12;
    style.interaction.tooltip_delay = 0.4;
    style.interaction.selectable_labels = false;
}

fn visuals(mut base: egui::Visuals, colors: &Colors) -> egui::Visuals {
    let round = CornerRadius::same(4);
    let widget = |fill, line, text| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, line),
        fg_stroke: Stroke::new(1.0, text),
        corner_radius: round,
        expansion: 0.0,
    };
    let lifted = colors.raised.lerp_to_gamma(colors.text, 0.08);
    base.widgets = Widgets {
        noninteractive: widget(colors.panel, colors.line, colors.text),
        inactive: widget(colors.raised, colors.line, colors.text),
        hovered: widget(lifted, colors.weak, colors.text),
        active: widget(lifted, colors.accent, colors.text),
        open: widget(lifted, colors.line, colors.text),
    };
    base.selection = Selection {
        bg_fill: colors.accent.gamma_multiply(0.28),
        stroke: Stroke::new(1.0, colors.text),
    };
    base.override_text_color = None;
    base.weak_text_color = Some(colors.weak);
    base.hyperlink_color = colors.accent_text;
    base.faint_bg_color = colors.raised.gamma_multiply(0.5);
    base.extreme_bg_color = colors.background;
    base.text_edit_bg_color = Some(colors.background);
    base.code_bg_color = colors.background;
    base.warn_fg_color = colors.attention;
    base.error_fg_color = colors.refusal;
    base.window_corner_radius = CornerRadius::same(8);
    base.menu_corner_radius = CornerRadius::same(8);
    base.window_fill = colors.panel;
    base.window_stroke = Stroke::new(1.0, colors.line);
    base.panel_fill = colors.panel;
    let shadow = Shadow { color: egui::Color32::from_black_alpha(64), ..base.popup_shadow };
    base.window_shadow = shadow;
    base.popup_shadow = shadow;
    base.slider_trailing_fill = true;
    base.handle_shape = HandleShape::Circle;
    base.striped = false;
    base.indent_has_left_vline = false;
    base
}
