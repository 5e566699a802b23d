//! AV1 to pictures, by a port of dav1d.

use re_rav1d::pixel::{MatrixCoefficients, YUVRange};
use re_rav1d::{Decoder, Error, PixelLayout, PlanarImageComponent, Settings};

use crate::film::MAX_PIXELS;
use crate::yuv::{Colour, Picture, packed};

/// A decoder.
pub struct Av1 {
    decoder: Decoder,
    /// The colours of a film whose pictures do not say.
    colour: Colour,
}

fn decoder() -> Result<Decoder, String> {
    let mut settings = Settings::new();
    // One picture comes out for every sample that goes in.
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_all_layers(false);
    settings.set_frame_size_limit(MAX_PIXELS as u32);
    Decoder::with_settings(&settings).map_err(|e| e.to_string())
}

impl Av1 {
    /// A decoder for pictures that have these colours unless they say otherwise.
    pub fn new(colour: Option<Colour>) -> Result<Self, String> {
        Ok(Self { decoder: decoder()?, colour: colour.unwrap_or_default() })
    }

    /// Makes room for other frames after damaged ones.
    pub fn restart(&mut self) -> Result<(), String> {
        self.decoder = decoder()?;
        Ok(())
    }

    /// Decodes one sample to its picture.
    pub fn feed(&mut self, sample: &[u8]) -> Result<Picture, String> {
        let mut shown = None;
        let mut sent = self.decoder.send_data(sample.to_vec(), None, None, None);
        // A sample shows one picture; two turns are for taking it and for what follows it.
        for _ in 0..4 {
            let waiting = match sent {
                Ok(()) => false,
                Err(Error::Again) => true,
                Err(e) => return Err(reason(e)),
            };
            match self.decoder.get_picture() {
                Ok(picture) if shown.is_none() => shown = Some(self.picture(&picture)?),
                Ok(_) => return Err("it shows more than one picture".to_string()),
                Err(Error::Again) if !waiting => break,
                Err(Error::Again) => {}
                Err(e) => return Err(reason(e)),
            }
            if waiting {
                sent = self.decoder.send_pending_data();
            }
        }
        shown.ok_or_else(|| "it shows no picture".to_string())
    }

    fn picture(&self, decoded: &re_rav1d::Picture) -> Result<Picture, String> {
        let (width, height) = (decoded.width() as usize, decoded.height() as usize);
        if decoded.bit_depth() != 8 {
            return Err(format!("it has {} bits a value; 8 can be decoded", decoded.bit_depth()));
        }
        let shared = match decoded.pixel_layout() {
            PixelLayout::I400 => None,
            PixelLayout::I420 => Some((1, 1)),
            PixelLayout::I422 => Some((1, 0)),
            PixelLayout::I444 => Some((0, 0)),
        };
        let colour = match decoded.matrix_coefficients() {
            MatrixCoefficients::Unspecified => self.colour,
            matrix => Colour::of(number(matrix), matches!(decoded.color_range(), YUVRange::Full)),
        };
        let mut picture =
            Picture { width, height, shared, colour, planes: [Vec::new(), Vec::new(), Vec::new()] };
        let (columns, rows) = picture.difference_size();
        let mut copy = |at: usize, part, columns, rows| {
            let stride = decoded.stride(part) as usize;
            picture.planes[at] = packed(&decoded.plane(part), stride, columns, rows)
                .ok_or("its decoded picture is smaller than it says")?;
            Ok::<(), String>(())
        };
        copy(0, PlanarImageComponent::Y, width, height)?;
        if shared.is_some() {
            copy(1, PlanarImageComponent::U, columns, rows)?;
            copy(2, PlanarImageComponent::V, columns, rows)?;
        }
        Ok(picture)
    }
}

/// The number of a matrix in ITU-T H.273, table 4.
fn number(matrix: MatrixCoefficients) -> u8 {
    match matrix {
        MatrixCoefficients::BT709 => 1,
        MatrixCoefficients::BT470M => 4,
        MatrixCoefficients::ST240M => 7,
        MatrixCoefficients::BT2020NonConstantLuminance
        | MatrixCoefficients::BT2020ConstantLuminance => 9,
        _ => 6,
    }
}

/// What the decoder says, on one line.
fn reason(error: Error) -> String {
    match error {
        Error::UnsupportedBitstream => {
            "its AV1 is of a kind that cannot be decoded; 8 bits a value can".to_string()
        }
        error => format!("it is damaged ({error})"),
    }
}
