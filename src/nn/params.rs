//! The parameters of a network: named, in the order in which they were made.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::{DType, Device, Tensor, Var};

use crate::checkpoint::Array;
use crate::init::Init;
use crate::random::Random;
use crate::sink::Sink;
use crate::{NnError, Result};

/// Named parameters in a fixed order.
#[derive(Debug)]
pub struct Params {
    device: Device,
    blank: bool,
    list: Vec<(String, Var)>,
    sinks: Vec<Sink>,
    kept: Vec<AtomicBool>,
    index: HashMap<String, usize>,
}

impl Params {
    /// No parameters yet, on a device.
    pub fn new(device: &Device) -> Self {
        Self {
            device: device.clone(),
            blank: false,
            list: Vec::new(),
            sinks: Vec::new(),
            kept: Vec::new(),
            index: HashMap::new(),
        }
    }

    /// The same for parameters that a checkpoint will fill: they begin at zero, whatever their law.
    pub fn blank(device: &Device) -> Self {
        Self { blank: true, ..Self::new(device) }
    }

    /// Where the parameters lie.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Makes a parameter; the tensor that comes back stays tied to it.
    ///
    /// # Errors
    /// When the name is taken already.
    pub fn make(
        &mut self,
        name: &str,
        shape: &[usize],
        init: Init,
        random: &mut Random,
    ) -> Result<Tensor> {
        if self.index.contains_key(name) {
            return Err(NnError::Twice(name.to_owned()));
        }
        let init = if self.blank { Init::Zeros } else { init };
        let values = Tensor::from_vec(init.values(shape, random), shape, &self.device)?;
        let var = Var::from_tensor(&values)?;
        let tensor = var.as_tensor().clone();
        self.index.insert(name.to_owned(), self.list.len());
        self.list.push((name.to_owned(), var));
        self.sinks.push(Sink::default());
        self.kept.push(AtomicBool::new(false));
        Ok(tensor)
    }

    /// Where layers may sum the gradient of a parameter; of a name that there is not, it leads nowhere.
    pub fn sink(&self, name: &str) -> Sink {
        self.index.get(name).map(|i| self.sinks[*i].clone()).unwrap_or_default()
    }

    pub(crate) fn sinks(&self) -> &[Sink] {
        &self.sinks
    }

    /// From now on no update changes the parameters that `named` is true of.
    pub fn keep(&self, named: impl Fn(&str) -> bool) {
        for ((name, _), kept) in self.list.iter().zip(&self.kept) {
            kept.fetch_or(named(name), Ordering::Relaxed);
        }
    }

    pub(crate) fn is_kept(&self, index: usize) -> bool {
        self.kept[index].load(Ordering::Relaxed)
    }

    /// Names and parameters, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.list.iter().map(|(name, var)| (name.as_str(), var))
    }

    /// The parameter of a name.
    pub fn get(&self, name: &str) -> Option<&Var> {
        self.index.get(name).map(|i| &self.list[*i].1)
    }

    /// Number of parameters.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Number of trainable numbers.
    pub fn numbers(&self) -> usize {
        self.list.iter().map(|(_, var)| var.elem_count()).sum()
    }

    /// The values by name.
    ///
    /// # Errors
    /// When they cannot be copied off their device.
    pub fn arrays(&self) -> Result<BTreeMap<String, Array>> {
        self.list
            .iter()
            .map(|(name, var)| {
                let values = var.flatten_all()?.to_dtype(DType::F32)?.to_vec1()?;
                Ok((name.clone(), Array { shape: var.dims().to_vec(), values }))
            })
            .collect()
    }

    /// Takes over the values of a checkpoint that was read from `path`; what else it holds is ignored.
    /// Nothing changes if anything is missing.
    ///
    /// # Errors
    /// When a tensor is missing, has another shape or is not finite: the sentence names the tensor,
    /// both shapes and the file.
    pub fn load(&self, arrays: &BTreeMap<String, Array>, path: &Path) -> Result<()> {
        let mut tensors = Vec::with_capacity(self.list.len());
        for (name, var) in &self.list {
            let (path, name) = (path.to_path_buf(), name.clone());
            let expected = var.dims().to_vec();
            let Some(array) = arrays.get(&name) else {
                return Err(NnError::Missing { path, name, expected });
            };
            if array.shape != expected {
                return Err(NnError::Shape { path, name, got: array.shape.clone(), expected });
            }
            if array.values.iter().any(|v| !v.is_finite()) {
                return Err(NnError::NotFinite { path, name });
            }
            tensors.push(Tensor::from_slice(&array.values, expected, &self.device)?);
        }
        for ((_, var), tensor) in self.list.iter().zip(&tensors) {
            var.set(tensor)?;
        }
        Ok(())
    }
}
