//! Prints where the members of the structs in trellis.rs lie; layout.c prints what the C header says.
#![allow(dead_code)]

mod trellis;

use std::mem::{size_of, MaybeUninit};
use std::ptr::addr_of;
use trellis::*;

fn size_behind<T>(_: *const T) -> usize {
    size_of::<T>()
}

// offset_of! is younger than the compilers this is for.
macro_rules! at {
    ($type:ty, $name:literal, $($member:ident)*) => {
        let place = MaybeUninit::<$type>::uninit();
        let base = place.as_ptr();
        $(
            let member = unsafe { addr_of!((*base).$member) };
            println!("{}.{} {} {}", $name, stringify!($member), member as usize - base as usize, size_behind(member));
        )*
    };
}

macro_rules! all {
    ($type:ty, $name:literal, $($member:ident)*) => {
        println!("{} {}", $name, size_of::<$type>());
        at!($type, $name, $($member)*);
    };
}

fn main() {
    all!(View, "trellis_view", data size);
    all!(Error, "trellis_error", size text);
    all!(HostTable, "trellis_host_table", get_table);
    all!(Stage, "trellis_stage", on_messages);
    at!(HostMetrics, "trellis_host_metrics", declare add);
    all!(Plugin, "trellis_plugin",
        abi_major abi_minor descriptor create configure start drain stop destroy get_table shard_open shard_close);
    all!(Descriptor, "trellis_descriptor",
        kind stability id version vendor summary licence config_schema namespace_schema wants wants_count capabilities);
    all!(Message, "trellis_message",
        flags topic payload content_type response_topic correlation_data user_properties user_property_count qos
        expires_at_ms published_at_ms publisher publisher_identity);
    println!(
        "constants {} {} {} {} {} {} {} {}",
        ABI_MAJOR, ABI_MINOR, OK, KIND_STAGE, STABILITY_STABLE, VERDICT_PASS, VERDICT_DROP, METRIC_COUNTER
    );
    println!("ids {} {}", STAGE, HOST_METRICS);
}
