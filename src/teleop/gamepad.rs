//! A gamepad, read through gilrs on a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gilrs::{Axis, Button, EventType, GamepadId, Gilrs};
use interface::{GripperWish, Motion, Pressed, Seen, Teleop, TeleopError, Wish};
use nalgebra::Vector3;

use crate::latest::Latest;
use crate::shape::dead_zone;

/// Share of a stick's way that counts as rest.
const DEAD_ZONE: f64 = 0.1;
/// Share of a trigger's way from which on it counts as held.
const TRIGGER: f64 = 0.2;
/// Factor on the speed with the left trigger all the way down.
const FINE: f64 = 0.15;
/// How long the thread waits for news at most before it looks whether it is still needed.
const WAIT: Duration = Duration::from_millis(100);

/// What a gamepad says at one moment: sticks from -1 to 1 (right and up positive), triggers from 0
/// to 1, buttons as they are held, and those that went down since the last reading.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GamepadState {
    /// Left stick, x and y.
    pub left: [f64; 2],
    /// Right stick, x and y.
    pub right: [f64; 2],
    /// Left and right lower trigger.
    pub triggers: [f64; 2],
    /// Directional pad, x and y: -1, 0 or 1.
    pub pad: [f64; 2],
    /// South went down.
    pub south: bool,
    /// East went down.
    pub east: bool,
    /// North went down.
    pub north: bool,
    /// West went down.
    pub west: bool,
    /// Select went down.
    pub select: bool,
    /// The guide button went down.
    pub guide: bool,
}

/// What a gamepad's state means: right trigger held enables; left trigger is fine; left stick x and
/// y, right stick z and yaw, pad roll and pitch; South gripper, East redo, North keep, West axes,
/// Select hand over, guide stop.
pub fn gamepad_wish(state: &GamepadState) -> Wish {
    let enabled = state.triggers[1] >= TRIGGER;
    let stick = |value: f64| dead_zone(value, DEAD_ZONE);
    // A stick pushed away from the hand goes forwards, to the left is the world's left.
    let linear = Vector3::new(stick(state.left[1]), -stick(state.left[0]), stick(state.right[1]));
    let angular = Vector3::new(state.pad[0], state.pad[1], -stick(state.right[0]));
    let moves = linear != Vector3::zeros() || angular != Vector3::zeros();
    let motion = if moves && enabled { Motion::Twist { linear, angular } } else { Motion::Still };
    Wish {
        motion,
        gripper: (state.south && enabled).then_some(GripperWish::Toggle),
        scale: 1.0 - (1.0 - FINE) * dead_zone(state.triggers[0], DEAD_ZONE).clamp(0.0, 1.0),
        enabled,
        pressed: Pressed {
            keep: state.north,
            redo: state.east,
            discard: false,
            hand_over: state.select,
            stop: state.guide,
            frame: state.west,
        },
        ..Wish::default()
    }
}

/// Whether a gamepad is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Waiting,
    There,
    Gone,
    /// The system has no way to read gamepads.
    Broken,
}

#[derive(Clone, Copy, Debug)]
struct News {
    state: GamepadState,
    link: Link,
}

/// A gamepad as a hand on an arm; the first one found is used, and found again after it was
/// unplugged.
pub struct GamepadTeleop {
    news: Latest<News>,
    last: GamepadState,
    link: Link,
    needed: Arc<AtomicBool>,
}

impl GamepadTeleop {
    /// Starts to look for a gamepad. It may be plugged in later: until then readings say that it is
    /// missing.
    pub fn new() -> Result<Self, TeleopError> {
        let news = Latest::new(News { state: GamepadState::default(), link: Link::Waiting });
        let needed = Arc::new(AtomicBool::new(true));
        let (writer, alive) = (news.clone(), needed.clone());
        std::thread::Builder::new()
            .name("gamepad".into())
            .spawn(move || watch(&writer, &alive))
            .map_err(|error| missing(format!("its thread cannot be started: {error}")))?;
        Ok(Self { news, last: GamepadState::default(), link: Link::Waiting, needed })
    }
}

impl Drop for GamepadTeleop {
    fn drop(&mut self) {
        self.needed.store(false, Ordering::Relaxed);
    }
}

impl Teleop for GamepadTeleop {
    fn name(&self) -> &str {
        "gamepad"
    }

    fn read(&mut self, seen: &Seen<'_>) -> Result<Wish, TeleopError> {
        let news = self.news.try_with(|news| {
            let copy = *news;
            clear_pressed(&mut news.state);
            copy
        });
        match news {
            Some(news) => (self.last, self.link) = (news.state, news.link),
            // The thread is at it in this moment: sticks stay, presses come with the next reading.
            None => clear_pressed(&mut self.last),
        }
        match self.link {
            Link::There => Ok(gamepad_wish(&self.last)),
            Link::Waiting => Err(missing("none is plugged in".into())),
            Link::Broken => Err(missing("this system offers no way to read gamepads".into())),
            Link::Gone => Err(TeleopError::Lost {
                device: "gamepad".into(),
                secs: seen.stamp.secs(),
                reason: "it was unplugged or switched off; plug it in again to go on".into(),
            }),
        }
    }
}

fn missing(reason: String) -> TeleopError {
    TeleopError::Missing { device: "gamepad".into(), reason }
}

fn clear_pressed(state: &mut GamepadState) {
    *state = GamepadState {
        left: state.left,
        right: state.right,
        triggers: state.triggers,
        pad: state.pad,
        ..GamepadState::default()
    };
}

/// Follows the first gamepad until nobody needs it.
fn watch(news: &Latest<News>, needed: &AtomicBool) {
    let Ok(mut gilrs) = Gilrs::new() else {
        news.change(|news| news.link = Link::Broken);
        return;
    };
    let mut used: Option<GamepadId> = gilrs.gamepads().next().map(|(id, _)| id);
    if used.is_some() {
        news.change(|news| news.link = Link::There);
    }
    while needed.load(Ordering::Relaxed) {
        let Some(event) = gilrs.next_event_blocking(Some(WAIT)) else { continue };
        match event.event {
            EventType::Connected if used.is_none() => {
                used = Some(event.id);
                news.change(|news| {
                    *news = News { state: GamepadState::default(), link: Link::There }
                });
            }
            EventType::Disconnected if used == Some(event.id) => {
                used = gilrs.gamepads().next().map(|(id, _)| id).filter(|id| *id != event.id);
                news.change(|news| {
                    *news = News { state: GamepadState::default(), link: Link::Gone }
                });
            }
            EventType::Connected | EventType::Disconnected => {}
            // With two of them, the one that is touched after the other went is used.
            _ if used.is_none() || used == Some(event.id) => {
                used = Some(event.id);
                let pad = gilrs.gamepad(event.id);
                let axis = |axis| f64::from(pad.value(axis));
                let held = |button| f64::from(u8::from(pad.is_pressed(button)));
                let trigger = |button| {
                    let value = pad.button_data(button).map_or(0.0, |data| data.value());
                    f64::from(value)
                };
                let down = match event.event {
                    EventType::ButtonPressed(button, _) => Some(button),
                    _ => None,
                };
                news.change(|news| {
                    news.link = Link::There;
                    let state = &mut news.state;
                    state.left = [axis(Axis::LeftStickX), axis(Axis::LeftStickY)];
                    state.right = [axis(Axis::RightStickX), axis(Axis::RightStickY)];
                    state.triggers =
                        [trigger(Button::LeftTrigger2), trigger(Button::RightTrigger2)];
                    state.pad = [
                        held(Button::DPadRight) - held(Button::DPadLeft),
                        held(Button::DPadUp) - held(Button::DPadDown),
                    ];
                    state.south |= down == Some(Button::South);
                    state.east |= down == Some(Button::East);
                    state.north |= down == Some(Button::North);
                    state.west |= down == Some(Button::West);
                    state.select |= down == Some(Button::Select);
                    state.guide |= down == Some(Button::Mode);
                });
            }
            _ => {}
        }
    }
}

/// Names of the gamepads that are plugged in; the error is why nobody can know.
pub(crate) fn gamepad_names() -> Result<Vec<String>, String> {
    let gilrs = Gilrs::new().map_err(|error| error.to_string())?;
    Ok(gilrs.gamepads().map(|(_, pad)| pad.name().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The right trigger held, and what else `change` does.
    fn wish(change: impl Fn(&mut GamepadState)) -> Wish {
        let mut state = GamepadState { triggers: [0.0, 1.0], ..GamepadState::default() };
        change(&mut state);
        gamepad_wish(&state)
    }

    fn check(change: impl Fn(&mut GamepadState), expected: [f64; 6]) {
        let Motion::Twist { linear, angular } = wish(change).motion else { panic!("{expected:?}") };
        for (got, expected) in linear.iter().chain(angular.iter()).zip(expected) {
            assert!((got - expected).abs() < 1e-12, "{linear} {angular} {expected:?}");
        }
    }

    #[test]
    fn sticks_and_pad_move_along_their_axes() {
        check(|pad| pad.left[1] = 1.0, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        check(|pad| pad.left[0] = -1.0, [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
        check(|pad| pad.right[1] = -1.0, [0.0, 0.0, -1.0, 0.0, 0.0, 0.0]);
        check(|pad| pad.right[0] = -1.0, [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        check(|pad| pad.pad[0] = 1.0, [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        check(|pad| pad.pad[1] = -1.0, [0.0, 0.0, 0.0, 0.0, -1.0, 0.0]);
        check(|pad| pad.left[1] = 0.55, [0.5, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(wish(|pad| pad.left[1] = 0.09).motion, Motion::Still);
    }

    #[test]
    fn without_the_right_trigger_nothing_moves_but_decisions_count() {
        let state = GamepadState {
            left: [1.0, 1.0],
            south: true,
            north: true,
            guide: true,
            triggers: [0.0, 0.1],
            ..GamepadState::default()
        };
        let wish = gamepad_wish(&state);
        assert!(!wish.enabled && wish.motion == Motion::Still && wish.gripper.is_none());
        assert!(wish.pressed.keep && wish.pressed.stop);
    }

    #[test]
    fn buttons_decide_and_the_left_trigger_is_fine() {
        assert_eq!(wish(|pad| pad.south = true).gripper, Some(GripperWish::Toggle));
        assert!(wish(|pad| pad.east = true).pressed.redo);
        assert!(wish(|pad| pad.west = true).pressed.frame);
        assert!(wish(|pad| pad.select = true).pressed.hand_over);
        assert_eq!(wish(|_| ()).scale, 1.0);
        assert!((wish(|pad| pad.triggers[0] = 1.0).scale - FINE).abs() < 1e-12);
    }

    #[test]
    fn a_gamepad_that_is_not_there_is_said_to_be_missing() {
        let mut pad = GamepadTeleop::new().unwrap();
        pad.news.change(|news| news.link = Link::Waiting);
        let says = crate::tests::read(&mut pad).unwrap_err().to_string();
        assert!(says.contains("gamepad cannot be used"), "{says}");
        let news = News { state: GamepadState::default(), link: Link::There };
        // As the thread would have it: there, gone, and there again.
        let mut pad = GamepadTeleop {
            news: Latest::new(news),
            last: GamepadState::default(),
            link: Link::Waiting,
            needed: Arc::default(),
        };
        pad.news.change(|news| news.state.north = true);
        assert!(crate::tests::read(&mut pad).unwrap().pressed.keep);
        assert!(!crate::tests::read(&mut pad).unwrap().pressed.keep, "a press is read once");
        pad.news.change(|news| news.link = Link::Gone);
        let says = crate::tests::read(&mut pad).unwrap_err();
        assert!(matches!(&says, TeleopError::Lost { .. }), "{says}");
        pad.news.change(|news| news.link = Link::There);
        assert!(crate::tests::read(&mut pad).is_ok());
    }
}
