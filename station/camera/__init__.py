"""Where pictures come from: one source interface over cameras, clips and folders.

`source.open_source(address)` opens anything; `reconnect.open_steady_source` also
brings a lost camera back; `triggers.make_trigger` says which frames to keep. `modes`
and `controls` say how a camera shall take pictures, `readback` how it does. No module
of this package imports Qt: the headless command line captures with it.
"""
