global using Serment.Kernel;
global using Serment.Custodian.Wire;
