"""`FEATURES` of Tutor 22: a view of the settings themselves."""

from collections.abc import MutableMapping


class FeaturesProxy(MutableMapping):
    """`FEATURES["X"]` is the setting `X` of a settings module, which is given as its namespace."""

    def __init__(self, namespace):
        # A feature that is set in the former FEATURES becomes a setting.
        features = namespace.get("FEATURES", {})
        self.namespace = namespace
        if not isinstance(features, FeaturesProxy):
            namespace.update({name: value for name, value in features.items() if name not in namespace})

    def __getitem__(self, name):
        return self.namespace[name]

    def __setitem__(self, name, value):
        self.namespace[name] = value

    def __delitem__(self, name):
        del self.namespace[name]

    def __iter__(self):
        return (name for name in self.namespace if name.isupper() and name != "FEATURES")

    def __len__(self):
        return sum(1 for _ in self)
