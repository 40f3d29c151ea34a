"""安置点登记: which shelters there are, how full they are, and whom to call."""
