//! A stage in Rust: drops messages whose payload is not UTF-8 text, and counts them.

mod trellis;

use std::ffi::c_void;
use std::mem::size_of;
use std::ptr::null;
use trellis::*;

/// The plugin, once it was configured. start() writes, shards only read.
struct Utf8 {
    host: *mut c_void,
    metrics: *const HostMetrics,
    dropped: u32,
}

/// What the functions of the message path get: one of these for each shard, so they need no lock.
struct Shard {
    plugin: *const Utf8,
    shard: *mut c_void,
}

fn verdict(payload: &[u8]) -> u32 {
    match std::str::from_utf8(payload) {
        Ok(_) => VERDICT_PASS,
        Err(_) => VERDICT_DROP,
    }
}

unsafe extern "C" fn on_messages(
    shard: *mut c_void,
    _batch: *mut c_void,
    messages: *const *const Message,
    verdicts: *mut u32,
    count: u32,
) {
    let shard = &*(shard as *const Shard);
    for i in 0..count as usize {
        let judged = verdict((**messages.add(i)).payload.bytes());
        *verdicts.add(i) = judged;
        if judged == VERDICT_DROP {
            let plugin = &*shard.plugin;
            ((*plugin.metrics).add)(shard.shard, plugin.dropped, 1);
        }
    }
}

unsafe extern "C" fn create(
    host: *mut c_void,
    host_table: *const HostTable,
    instance: *mut *mut c_void,
    _error: *mut Error,
) -> i32 {
    // Never null: it is among what the descriptor wants.
    let metrics = ((*host_table).get_table)(host, View::of(HOST_METRICS)) as *const HostMetrics;
    *instance = Box::into_raw(Box::new(Utf8 { host, metrics, dropped: 0 })) as *mut c_void;
    OK
}

unsafe extern "C" fn configure(_instance: *mut c_void, _config: View, _error: *mut Error) -> i32 {
    OK // without a schema there are no settings
}

unsafe extern "C" fn start(instance: *mut c_void, _error: *mut Error) -> i32 {
    let me = &mut *(instance as *mut Utf8);
    let name = View::of("stage_utf8_dropped_total");
    let help = View::of("Messages whose payload was not UTF-8.");
    me.dropped = ((*me.metrics).declare)(me.host, METRIC_COUNTER, name, View::of(""), help);
    OK
}

unsafe extern "C" fn stop(_instance: *mut c_void) {}

unsafe extern "C" fn destroy(instance: *mut c_void) {
    drop(Box::from_raw(instance as *mut Utf8));
}

unsafe extern "C" fn shard_open(instance: *mut c_void, shard: *mut c_void, _index: u32) -> *mut c_void {
    Box::into_raw(Box::new(Shard { plugin: instance as *const Utf8, shard })) as *mut c_void
}

unsafe extern "C" fn shard_close(shard: *mut c_void) {
    drop(Box::from_raw(shard as *mut Shard));
}

unsafe extern "C" fn get_table(_instance: *mut c_void, id: View) -> *const c_void {
    if id.bytes() == STAGE.as_bytes() {
        return &TABLE as *const Stage as *const c_void;
    }
    null()
}

static TABLE: Stage = Stage { struct_size: size_of::<Stage>() as u32, on_messages };

static WANTS: [View; 1] = [View::of(HOST_METRICS)];

static DESCRIPTOR: Descriptor = Descriptor {
    struct_size: size_of::<Descriptor>() as u32,
    kind: KIND_STAGE,
    stability: STABILITY_STABLE,
    id: View::of("stage-utf8"),
    version: View::of("1.0.0"),
    vendor: View::of("Trellis"),
    summary: View::of("Drops messages whose payload is not UTF-8 text."),
    licence: View::of("Apache-2.0"),
    config_schema: View::of(""),
    namespace_schema: View::of(""),
    wants: WANTS.as_ptr(),
    wants_count: WANTS.len() as u32,
    capabilities: 0,
};

#[no_mangle]
#[allow(non_upper_case_globals)]
pub static trellis_plugin_entry: Plugin = Plugin {
    struct_size: size_of::<Plugin>() as u32,
    abi_major: ABI_MAJOR,
    abi_minor: ABI_MINOR,
    descriptor: &DESCRIPTOR,
    create,
    configure,
    start,
    drain: None,
    stop,
    destroy,
    get_table,
    shard_open: Some(shard_open),
    shard_close: Some(shard_close),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_passes() {
        assert_eq!(verdict("21 °C".as_bytes()), VERDICT_PASS);
        assert_eq!(verdict(b""), VERDICT_PASS);
    }

    #[test]
    fn other_bytes_do_not() {
        assert_eq!(verdict(b"21 \xb0C"), VERDICT_DROP);
    }
}
