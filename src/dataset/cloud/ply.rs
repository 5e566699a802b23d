//! PLY: the Stanford polygon file format, text and binary of both byte orders.
//!
//! Only the element `vertex` is kept: `x y z`, and `red green blue` as bytes or shares of one.

use std::io::{BufRead, Read};

use interface::Cancel;

use super::gather::Gather;
use super::text::line;
use super::{CloudFile, Problem, fill, sense};

#[derive(Clone, Copy, PartialEq)]
enum Format {
    Text,
    Little,
    Big,
}

#[derive(Clone, Copy)]
enum Scalar {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    F32,
    F64,
}

impl Scalar {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "char" | "int8" => Self::I8,
            "uchar" | "uint8" => Self::U8,
            "short" | "int16" => Self::I16,
            "ushort" | "uint16" => Self::U16,
            "int" | "int32" => Self::I32,
            "uint" | "uint32" => Self::U32,
            "float" | "float32" => Self::F32,
            "double" | "float64" => Self::F64,
            _ => return None,
        })
    }

    fn width(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The value of the first bytes; `bytes` holds at least [`Scalar::width`] of them.
    fn value(self, bytes: &[u8], format: Format) -> f64 {
        let mut b = [0; 8];
        let width = self.width();
        b[..width].copy_from_slice(&bytes[..width]);
        if format == Format::Big {
            b[..width].reverse();
        }
        match self {
            Self::I8 => f64::from(b[0] as i8),
            Self::U8 => f64::from(b[0]),
            Self::I16 => f64::from(i16::from_le_bytes([b[0], b[1]])),
            Self::U16 => f64::from(u16::from_le_bytes([b[0], b[1]])),
            Self::I32 => f64::from(i32::from_le_bytes([b[0], b[1], b[2], b[3]])),
            Self::U32 => f64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]])),
            Self::F32 => f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]])),
            Self::F64 => f64::from_le_bytes(b),
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    One(Scalar),
    List { count: Scalar, item: Scalar },
}

struct Property {
    name: String,
    kind: Kind,
}

struct Element {
    name: String,
    count: u64,
    properties: Vec<Property>,
}

impl Element {
    /// Bytes of a row, where all rows have the same.
    fn width(&self) -> Option<usize> {
        self.properties
            .iter()
            .map(|property| match property.kind {
                Kind::One(kind) => Some(kind.width()),
                Kind::List { .. } => None,
            })
            .sum()
    }
}

struct Header {
    format: Format,
    elements: Vec<Element>,
}

/// Lines that a header may have.
const MOST_LINES: usize = 4096;

fn header(reader: &mut dyn BufRead) -> Result<Header, Problem> {
    let mut buffer = Vec::new();
    if line(reader, &mut buffer).map_err(|_| not_ply())? != Some("ply") {
        return Err(not_ply());
    }
    let mut format = None;
    let mut elements: Vec<Element> = Vec::new();
    for _ in 0..MOST_LINES {
        let Some(text) = line(reader, &mut buffer)? else {
            return Err(sense("its header ends without `end_header`"));
        };
        let strange = || sense(format!("its header holds the line {:?}", clipped(text)));
        let words: Vec<&str> = text.split_whitespace().collect();
        match words[..] {
            [] | ["comment" | "obj_info", ..] => {}
            ["format", name, _] => {
                format = Some(match name {
                    "ascii" => Format::Text,
                    "binary_little_endian" => Format::Little,
                    "binary_big_endian" => Format::Big,
                    _ => return Err(strange()),
                });
            }
            ["element", name, count] => elements.push(Element {
                name: name.to_owned(),
                count: count.parse().map_err(|_| strange())?,
                properties: Vec::new(),
            }),
            ["property", ref rest @ ..] => {
                let (name, kind) = match *rest {
                    ["list", count, item, name] => {
                        let of = |name| Scalar::named(name).ok_or_else(strange);
                        (name, Kind::List { count: of(count)?, item: of(item)? })
                    }
                    [scalar, name] => (name, Kind::One(Scalar::named(scalar).ok_or_else(strange)?)),
                    _ => return Err(strange()),
                };
                let element = elements.last_mut().ok_or_else(strange)?;
                element.properties.push(Property { name: name.to_owned(), kind });
            }
            ["end_header"] => {
                let format = format.ok_or_else(|| sense("its header names no format"))?;
                return Ok(Header { format, elements });
            }
            _ => return Err(strange()),
        }
    }
    Err(sense(format!("its header has more than {MOST_LINES} lines")))
}

fn not_ply() -> Problem {
    sense("it does not begin with the line `ply`")
}

fn clipped(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Which properties of a vertex are its coordinates and its colour.
struct Columns {
    at: [usize; 3],
    color: Option<[usize; 3]>,
}

fn columns(vertex: &Element) -> Result<Columns, Problem> {
    let column = |name: &str| {
        vertex.properties.iter().position(|p| p.name == name && matches!(p.kind, Kind::One(_)))
    };
    let need = |name: &str| column(name).ok_or_else(|| sense(format!("a vertex has no `{name}`")));
    let triple = |names: [&str; 3]| Some([column(names[0])?, column(names[1])?, column(names[2])?]);
    Ok(Columns {
        at: [need("x")?, need("y")?, need("z")?],
        color: triple(["red", "green", "blue"])
            .or_else(|| triple(["diffuse_red", "diffuse_green", "diffuse_blue"]))
            .or_else(|| triple(["r", "g", "b"])),
    })
}

/// Reads the vertices.
pub(super) fn read(
    reader: &mut dyn BufRead,
    most: usize,
    cancel: &Cancel,
) -> Result<CloudFile, Problem> {
    let header = header(reader)?;
    let at = header.elements.iter().position(|e| e.name == "vertex");
    let at = at.ok_or_else(|| sense("it has no element `vertex`"))?;
    let vertex = &header.elements[at];
    let columns = columns(vertex)?;
    let mut gather = Gather::new(vertex.count, most);
    let faces = header.elements.iter().find(|e| e.name == "face" && e.count > 0);
    if let Some(faces) = faces {
        gather.warn(format!("its {} faces are not read, only its points", faces.count));
    }
    let mut rows = Rows { reader, format: header.format, buffer: Vec::new(), values: Vec::new() };
    for element in &header.elements[..=at] {
        let kept = element.name == "vertex";
        for row in 0..element.count {
            if row.is_multiple_of(65536) && cancel.is_cancelled() {
                return Err(Problem::Stopped);
            }
            let wanted = kept && gather.keeps_next();
            if !rows.next(element, wanted)? {
                return Ok(gather.finish());
            }
            if !wanted {
                if kept {
                    gather.skip();
                }
                continue;
            }
            let of = |columns: [usize; 3]| columns.map(|c| rows.values[c]);
            gather.push(of(columns.at), columns.color.map(of));
        }
    }
    Ok(gather.finish())
}

/// Goes through an element row by row.
struct Rows<'a> {
    reader: &'a mut dyn BufRead,
    format: Format,
    buffer: Vec<u8>,
    /// One entry a property; lists count as 0.
    values: Vec<f64>,
}

impl Rows<'_> {
    /// The next row, read into `values` when it is `wanted`; false where the file ends.
    fn next(&mut self, element: &Element, wanted: bool) -> Result<bool, Problem> {
        self.values.clear();
        if self.format == Format::Text {
            self.words(element, wanted)
        } else {
            self.bytes(element, wanted)
        }
    }

    fn words(&mut self, element: &Element, wanted: bool) -> Result<bool, Problem> {
        let text = loop {
            match line(self.reader, &mut self.buffer)? {
                None => return Ok(false),
                Some("") => {}
                Some(text) => break text.to_owned(),
            }
        };
        if !wanted {
            return Ok(true);
        }
        let mut words = text.split_whitespace();
        for property in &element.properties {
            let mut number = || -> Result<f64, Problem> {
                words.next().and_then(|word| word.parse().ok()).ok_or_else(|| {
                    sense(format!("a row of `{}` reads {:?}", element.name, clipped(&text)))
                })
            };
            let value = match property.kind {
                Kind::One(_) => number()?,
                Kind::List { .. } => {
                    for _ in 0..number()?.clamp(0.0, 65536.0) as usize {
                        number()?;
                    }
                    0.0
                }
            };
            self.values.push(value);
        }
        Ok(true)
    }

    fn bytes(&mut self, element: &Element, wanted: bool) -> Result<bool, Problem> {
        if let Some(width) = element.width() {
            self.buffer.resize(width, 0);
            if fill(self.reader, &mut self.buffer)? < width {
                return Ok(false);
            }
            let mut rest = self.buffer.as_slice();
            for property in element.properties.iter().filter(|_| wanted) {
                let Kind::One(kind) = property.kind else { continue };
                self.values.push(kind.value(rest, self.format));
                rest = &rest[kind.width()..];
            }
            return Ok(true);
        }
        for property in &element.properties {
            match property.kind {
                Kind::One(kind) => {
                    let Some(value) = self.scalar(kind)? else { return Ok(false) };
                    self.values.push(value);
                }
                Kind::List { count, item } => {
                    let Some(count) = self.scalar(count)? else { return Ok(false) };
                    let bytes = count.max(0.0) as u64 * item.width() as u64;
                    let mut list = (&mut *self.reader).take(bytes);
                    if std::io::copy(&mut list, &mut std::io::sink())? < bytes {
                        return Ok(false);
                    }
                    self.values.push(0.0);
                }
            }
        }
        Ok(true)
    }

    fn scalar(&mut self, kind: Scalar) -> Result<Option<f64>, Problem> {
        let mut b = [0; 8];
        let width = kind.width();
        let whole = fill(self.reader, &mut b[..width])? == width;
        Ok(whole.then(|| kind.value(&b, self.format)))
    }
}
