"""The tests of Simloft: a package of its own name, which no installed one with the same name may stand before."""
