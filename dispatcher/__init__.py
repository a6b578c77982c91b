"""Decides (``core``) and acts (``live``): from announced parcels to orders for vans."""
