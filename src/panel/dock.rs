//! Where the panels are: tabs and splits round the 3D view.

use std::collections::HashSet;

use egui::{Color32, Frame, Margin, ScrollArea, Sense, Stroke, Ui, Visuals, WidgetText};
use egui_tiles::{
    Behavior, Container, EditAction, Linear, LinearDir, SimplificationOptions, TabState, Tabs,
    Tile, TileId, Tiles, Tree, UiResponse,
};

use crate::icon::Icon;
use crate::registry::{About, Panel, Place};
use crate::{Colors, Cx, actions, banner, legend, start};

/// The pane of the 3D view; the others are called like their panels.
pub const VIEW: &str = "view";
/// Its tab.
const VIEW_TITLE: &str = "3D view";

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Panels on every side.
    Wide,
    /// The 3D view above, one row of tabs below.
    Stacked,
    /// One row of tabs, the 3D view among them.
    Tabs,
}

impl Room {
    /// What fits into a size, points.
    pub fn of(size: egui::Vec2) -> Self {
        if size.x >= 900.0 && size.y >= 520.0 {
            Self::Wide
        } else if size.y >= 440.0 {
            Self::Stacked
        } else {
            Self::Tabs
        }
    }
}

/// The tree as it is at first.
pub fn tree(room: Room, panels: &[Box<dyn Panel>]) -> Tree<String> {
    let mut tiles = Tiles::default();
    let view = tiles.insert_pane(VIEW.to_owned());
    let root = match room {
        Room::Wide => wide(&mut tiles, view, panels),
        Room::Stacked => {
            let tabs = tabs(&mut tiles, panels, |_| true);
            // What one does first.
            let first = tiles.find_pane(&"instruction".to_owned());
            if let (Some(first), Some(Tile::Container(Container::Tabs(tabs)))) =
                (first, tiles.get_mut(tabs))
            {
                tabs.set_active(first);
            }
            let split = Linear::new_binary(LinearDir::Vertical, [view, tabs], 0.5);
            tiles.insert_new(Tile::Container(Container::Linear(split)))
        }
        Room::Tabs => {
            let mut all = vec![view];
            all.extend(panels.iter().map(|p| tiles.insert_pane(p.about().name.to_owned())));
            tiles.insert_tab_tile(all)
        }
    };
    Tree::new(egui::Id::new(("dock", room as usize)), root, tiles)
}

fn tabs(
    tiles: &mut Tiles<String>,
    panels: &[Box<dyn Panel>],
    of: impl Fn(Place) -> bool,
) -> TileId {
    let children = panels
        .iter()
        .map(|panel| panel.about())
        .filter(|about| of(about.place))
        .map(|about| tiles.insert_pane(about.name.to_owned()))
        .collect();
    tiles.insert_tab_tile(children)
}

fn wide(tiles: &mut Tiles<String>, view: TileId, panels: &[Box<dyn Panel>]) -> TileId {
    let mut at = |place| tabs(tiles, panels, move |p| p == place);
    let left = at(Place::Left);
    let right = [at(Place::RightTop), at(Place::RightMiddle), at(Place::RightBottom)];
    let bottom = [at(Place::Bottom), at(Place::BottomRight)];
    let mut insert = |linear| tiles.insert_new(Tile::Container(Container::Linear(linear)));
    let bottom = insert(Linear::new_binary(LinearDir::Horizontal, bottom, 0.5));
    let middle = insert(Linear::new_binary(LinearDir::Vertical, [view, bottom], 0.74));
    let mut shared = |dir, parts: &[(TileId, f32)]| {
        let mut linear = Linear::new(dir, parts.iter().map(|(id, _)| *id).collect());
        for (id, share) in parts {
            linear.shares.set_share(*id, *share);
        }
        insert(linear)
    };
    let right =
        shared(LinearDir::Vertical, &[(right[0], 0.25), (right[1], 0.38), (right[2], 0.37)]);
    shared(LinearDir::Horizontal, &[(left, 0.18), (middle, 0.54), (right, 0.28)])
}

/// A tree from a file, made whole: unknown panes go, missing ones come, and what is no tree is
/// refused.
pub fn mended(mut tree: Tree<String>, panels: &[Box<dyn Panel>]) -> Option<Tree<String>> {
    let root = tree.root()?;
    if !sound(&tree, root) {
        return None;
    }
    let names: Vec<_> = panels.iter().map(|panel| panel.about().name).chain([VIEW]).collect();
    let mut seen = HashSet::new();
    let mut odd = Vec::new();
    for (id, tile) in tree.tiles.iter() {
        if let Tile::Pane(name) = tile
            && (!names.contains(&name.as_str()) || !seen.insert(name.clone()))
        {
            odd.push(*id);
        }
    }
    for id in odd {
        tree.remove_recursively(id);
    }
    if !seen.contains(VIEW) {
        return None;
    }
    let missing: Vec<_> = panels.iter().map(|panel| panel.about()).collect();
    for about in missing.iter().filter(|about| !seen.contains(about.name)) {
        let home = home(&tree, about.place, &missing)?;
        let pane = tree.tiles.insert_pane(about.name.to_owned());
        let Some(Tile::Container(home)) = tree.tiles.get_mut(home) else { return None };
        home.add_child(pane);
    }
    Some(tree)
}

/// The tabs in which a panel of a place belongs: those that hold others of that place, or any.
fn home(tree: &Tree<String>, place: Place, panels: &[About]) -> Option<TileId> {
    let here = |name: &str| panels.iter().any(|p| p.name == name && p.place == place);
    let mut homes: Vec<_> = tree
        .tiles
        .iter()
        .filter_map(|(id, tile)| {
            let Tile::Container(Container::Tabs(tabs)) = tile else { return None };
            let pane = |id: &TileId| tree.tiles.get_pane(id);
            let others = tabs.children.iter().filter_map(pane).filter(|name| here(name)).count();
            (!tabs.children.is_empty()).then_some((others, *id))
        })
        .collect();
    homes.sort_by_key(|(others, id)| (std::cmp::Reverse(*others), id.0));
    homes.first().map(|(_, id)| *id)
}

/// Whether every tile hangs on the root exactly once.
fn sound(tree: &Tree<String>, root: TileId) -> bool {
    let mut seen = HashSet::new();
    let mut next = vec![root];
    while let Some(id) = next.pop() {
        let Some(tile) = tree.tiles.get(id) else { return false };
        if !seen.insert(id) {
            return false;
        }
        if let Tile::Container(container) = tile {
            next.extend(container.children().copied());
        }
    }
    seen.len() == tree.tiles.len()
}

/// Draws the panes of a tree.
pub struct Dock<'a, 'b> {
    /// What panels are given.
    pub cx: &'a mut Cx<'b>,
    /// The panels.
    pub panels: &'a mut [Box<dyn Panel>],
    /// Whether something was moved.
    pub edited: bool,
}

impl Dock<'_, '_> {
    fn view(&mut self, ui: &mut Ui) {
        let rect = ui.max_rect();
        self.cx.asked.viewport = rect;
        let response = ui.interact(rect, ui.id().with("view"), Sense::hover());
        let dragging = ui.ctx().dragged_id().is_some();
        self.cx.asked.pointer_in_view = response.contains_pointer() && !dragging;
        legend::ui(ui, self.cx, rect);
        start::ui(ui, self.cx, rect);
        banner::ui(ui, self.cx, rect);
        if self.cx.asked.pointer_in_view {
            legend::hovered(ui, self.cx);
        }
    }

    fn view_buttons(&mut self, ui: &mut Ui) {
        // From the right to the left.
        ui.add_space(4.0);
        actions::CAMERA.icon_button(ui, self.cx, Icon::Home);
        actions::FRAME.icon_button(ui, self.cx, Icon::Frame);
        if ui.available_width() > 280.0 {
            ui.spacing_mut().item_spacing.x = 4.0;
            for (action, word) in [
                (&actions::LENS, "Lens"),
                (&actions::TOP, "Top"),
                (&actions::RIGHT, "Right"),
                (&actions::FRONT, "Front"),
            ] {
                let text = egui::RichText::new(word).small();
                let button = egui::Button::new(text).frame_when_inactive(false);
                if ui.add(button).on_hover_text(action.tip()).clicked() {
                    (action.run)(self.cx);
                }
            }
        }
    }
}

impl Behavior<String> for Dock<'_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, _id: TileId, pane: &mut String) -> UiResponse {
        if pane == VIEW {
            self.view(ui);
            return UiResponse::None;
        }
        let rect = ui.max_rect();
        ui.painter().rect_filled(rect, 0, Colors::here(ui).panel);
        let Some(panel) = self.panels.iter_mut().find(|p| p.about().name == pane) else {
            return UiResponse::None;
        };
        let about = panel.about();
        let cx = &mut *self.cx;
        Frame::new().inner_margin(Margin { right: 4, ..8.into() }).show(ui, |ui| {
            let mut draw = |ui: &mut Ui| {
                Frame::new().inner_margin(Margin { right: 6, ..0.into() }).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    panel.ui(ui, cx);
                });
            };
            if about.scrolls {
                draw(ui);
            } else {
                ScrollArea::vertical().id_salt(about.name).auto_shrink(false).show(ui, draw);
            }
        });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &String) -> WidgetText {
        if pane == VIEW {
            return VIEW_TITLE.into();
        }
        let about = self.panels.iter().map(|panel| panel.about()).find(|about| about.name == pane);
        about.map_or(pane.as_str(), |about| about.title).into()
    }

    fn on_tab_button(
        &mut self,
        tiles: &mut Tiles<String>,
        tile: TileId,
        response: egui::Response,
    ) -> egui::Response {
        let name = tiles.get_pane(&tile);
        let about = self
            .panels
            .iter()
            .map(|p| p.about())
            .find(|a| Some(a.name) == name.map(String::as_str));
        match about {
            Some(about) => {
                let key = about.key.map(|key| format!(" ({})", crate::action::key_text(key)));
                let key = key.unwrap_or_default();
                response.on_hover_text(format!("{}{key}: {}", about.title, about.purpose))
            }
            None => response,
        }
    }

    fn top_bar_right_ui(
        &mut self,
        tiles: &Tiles<String>,
        ui: &mut Ui,
        _tile: TileId,
        tabs: &Tabs,
        _scroll: &mut f32,
    ) {
        let active = tabs.active.and_then(|id| tiles.get_pane(&id));
        if active.is_some_and(|pane| pane == VIEW) {
            self.view_buttons(ui);
        }
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        28.0
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        2.0
    }

    fn min_size(&self) -> f32 {
        96.0
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..SimplificationOptions::default() }
    }

    fn tab_bar_color(&self, visuals: &Visuals) -> Color32 {
        visuals.extreme_bg_color
    }

    fn tab_outline_stroke(
        &self,
        _visuals: &Visuals,
        _tiles: &Tiles<String>,
        _tile: TileId,
        _state: &TabState,
    ) -> Stroke {
        Stroke::NONE
    }

    fn tab_text_color(
        &self,
        visuals: &Visuals,
        _tiles: &Tiles<String>,
        _tile: TileId,
        state: &TabState,
    ) -> Color32 {
        let colors = if visuals.dark_mode { &crate::colors::DARK } else { &crate::colors::LIGHT };
        if state.active { colors.text } else { colors.weak }
    }

    fn retain_pane(&mut self, pane: &String) -> bool {
        pane == VIEW || self.panels.iter().any(|panel| panel.about().name == pane)
    }

    fn on_edit(&mut self, _action: EditAction) {
        self.edited = true;
    }
}

/// Brings a pane to the front of its tabs.
pub fn show(tree: &mut Tree<String>, name: &str) {
    tree.make_active(|_, tile| matches!(tile, Tile::Pane(pane) if pane == name));
}
