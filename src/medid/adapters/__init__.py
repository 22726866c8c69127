"""The rooms with doors to the street: the network and the disk.

Everything below medid.adapters is pure; what an adapter brings in, the floors
below check again. Nothing is imported here, so that no door opens by accident.
"""
