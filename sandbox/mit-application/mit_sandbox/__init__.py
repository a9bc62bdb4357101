"""The sandbox MIT application: MITx Online or xPro, reduced to what the integration with Open edX uses."""
