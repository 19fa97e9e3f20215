//! The part of trellis/abi/*.h that a stage needs, bound by hand. What each function promises, on which thread, and how
//! long a pointer lives is said there. layout.c and layout.rs see to it that sizes and places are the same.

use std::ffi::c_void;

pub const ABI_MAJOR: u16 = 0;
pub const ABI_MINOR: u16 = 1;
pub const OK: i32 = 1;
pub const KIND_STAGE: u32 = 6;
pub const STABILITY_STABLE: u32 = 2;
pub const VERDICT_PASS: u32 = 1;
pub const VERDICT_DROP: u32 = 2;
pub const METRIC_COUNTER: u32 = 1;
pub const STAGE: &str = "trellis.stage/1";
pub const HOST_METRICS: &str = "trellis.host.metrics/1";

/// trellis_view. Bytes of somebody else; data may be null when size is 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct View {
    pub data: *const u8,
    pub size: usize,
}

impl View {
    pub const fn of(text: &'static str) -> View {
        View { data: text.as_ptr(), size: text.len() }
    }

    /// # Safety
    /// The view is what the broker passed to a call that has not returned yet.
    pub unsafe fn bytes(&self) -> &[u8] {
        if self.size == 0 {
            return &[];
        }
        std::slice::from_raw_parts(self.data, self.size)
    }
}

/// trellis_error
#[repr(C)]
pub struct Error {
    pub struct_size: u32,
    pub size: u32,
    pub text: [u8; 1016],
}

/// trellis_descriptor
#[repr(C)]
pub struct Descriptor {
    pub struct_size: u32,
    pub kind: u32,
    pub stability: u32,
    pub id: View,
    pub version: View,
    pub vendor: View,
    pub summary: View,
    pub licence: View,
    pub config_schema: View,
    pub namespace_schema: View,
    pub wants: *const View,
    pub wants_count: u32,
    pub capabilities: u32,
}

/// trellis_host_table
#[repr(C)]
pub struct HostTable {
    pub struct_size: u32,
    pub get_table: unsafe extern "C" fn(host: *mut c_void, id: View) -> *const c_void,
}

/// trellis_plugin. Functions that may be null are Options.
#[repr(C)]
pub struct Plugin {
    pub struct_size: u32,
    pub abi_major: u16,
    pub abi_minor: u16,
    pub descriptor: *const Descriptor,
    pub create: unsafe extern "C" fn(*mut c_void, *const HostTable, *mut *mut c_void, *mut Error) -> i32,
    pub configure: unsafe extern "C" fn(*mut c_void, View, *mut Error) -> i32,
    pub start: unsafe extern "C" fn(*mut c_void, *mut Error) -> i32,
    pub drain: Option<unsafe extern "C" fn(*mut c_void, u64)>,
    pub stop: unsafe extern "C" fn(*mut c_void),
    pub destroy: unsafe extern "C" fn(*mut c_void),
    pub get_table: unsafe extern "C" fn(*mut c_void, View) -> *const c_void,
    pub shard_open: Option<unsafe extern "C" fn(*mut c_void, *mut c_void, u32) -> *mut c_void>,
    pub shard_close: Option<unsafe extern "C" fn(*mut c_void)>,
}

/// trellis_message
#[repr(C)]
pub struct Message {
    pub struct_size: u32,
    pub flags: u32,
    pub topic: View,
    pub payload: View,
    pub content_type: View,
    pub response_topic: View,
    pub correlation_data: View,
    pub user_properties: *const c_void,
    pub user_property_count: u32,
    pub qos: u32,
    pub expires_at_ms: i64,
    pub published_at_ms: i64,
    pub publisher: View,
    pub publisher_identity: View,
}

/// trellis_stage
#[repr(C)]
pub struct Stage {
    pub struct_size: u32,
    pub on_messages: unsafe extern "C" fn(
        shard: *mut c_void,
        batch: *mut c_void,
        messages: *const *const Message,
        verdicts: *mut u32,
        count: u32,
    ),
}

/// trellis_host_metrics, as far as it is used: of a table of the host's, what stands before may be bound alone.
#[repr(C)]
pub struct HostMetrics {
    pub struct_size: u32,
    pub declare: unsafe extern "C" fn(host: *mut c_void, kind: u32, name: View, labels: View, help: View) -> u32,
    pub add: unsafe extern "C" fn(shard: *mut c_void, metric: u32, amount: i64),
}

// They hold pointers to constants only.
unsafe impl Sync for View {}
unsafe impl Sync for Descriptor {}
unsafe impl Sync for Plugin {}
