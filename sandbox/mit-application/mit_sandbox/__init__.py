"""Sandbox MIT application: MITx Online or xPro, as far as the integration with Open edX sees them."""
