using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMStateSubsection("e1000/mit_state", Version = 1, Needed = nameof(NeedsMitState))]
[VMStateSubsection("e1000/full_mac_state", Version = 1, Needed = nameof(NeedsFullMacState))]
[VMStateSubsection("e1000/tx_tso_state", Version = 1, Needed = nameof(NeedsTxTsoState))]
[VMState("e1000", Version = 2)]
internal sealed partial class E1000Device
{
    [VMStateField(Name = "parent_obj")]
    internal PciDevice ParentObj = new();

    [VMStateUnused(4, When = nameof(IsFirst))]
    [VMStateUnused(4)]
    [VMStateField(Name = "rxbuf_size")]
    internal uint RxbufSize;

    [VMStateField(Name = "rxbuf_min_shift")]
    internal uint RxbufMinShift;

    [VMStateField(Name = "eecd_state.val_in")]
    internal uint EecdStateValIn;

    [VMStateField(Name = "eecd_state.bitnum_in")]
    internal ushort EecdStateBitnumIn;

    [VMStateField(Name = "eecd_state.bitnum_out")]
    internal ushort EecdStateBitnumOut;

    [VMStateField(Name = "eecd_state.reading")]
    internal ushort EecdStateReading;

    [VMStateField(Name = "eecd_state.old_eecd")]
    internal uint EecdStateOldEecd;

    [VMStateField(Name = "mig_props.ipcss")]
    internal byte MigPropsIpcss;

    [VMStateField(Name = "mig_props.ipcso")]
    internal byte MigPropsIpcso;

    [VMStateField(Name = "mig_props.ipcse")]
    internal ushort MigPropsIpcse;

    [VMStateField(Name = "mig_props.tucss")]
    internal byte MigPropsTucss;

    [VMStateField(Name = "mig_props.tucso")]
    internal byte MigPropsTucso;

    [VMStateField(Name = "mig_props.tucse")]
    internal ushort MigPropsTucse;

    [VMStateField(Name = "mig_props.paylen")]
    internal uint MigPropsPaylen;

    [VMStateField(Name = "mig_props.hdr_len")]
    internal byte MigPropsHdrLen;

    [VMStateField(Name = "mig_props.mss")]
    internal ushort MigPropsMss;

    [VMStateField(Name = "tx.size")]
    internal ushort TxSize;

    [VMStateField(Name = "tx.tso_frames")]
    internal ushort TxTsoFrames;

    [VMStateField(Name = "tx.sum_needed")]
    internal byte TxSumNeeded;

    [VMStateField(Name = "mig_props.ip")]
    internal sbyte MigPropsIp;

    [VMStateField(Name = "mig_props.tcp")]
    internal sbyte MigPropsTcp;

    [VMStateBuffer(256, Name = "tx.header")]
    internal readonly byte[] TxHeader = new byte[256];

    [VMStateBuffer(65536, Name = "tx.data")]
    internal readonly byte[] TxData = new byte[65536];

    [VMStateArray(64, Name = "eeprom_data")]
    internal readonly ushort[] EepromData = new ushort[64];

    [VMStateArray(32, Name = "phy_reg")]
    internal readonly ushort[] PhyReg = new ushort[32];

    [VMStateField(Name = "mac_reg[CTRL]")]
    internal uint MacRegCTRL;

    [VMStateField(Name = "mac_reg[EECD]")]
    internal uint MacRegEECD;

    [VMStateField(Name = "mac_reg[EERD]")]
    internal uint MacRegEERD;

    [VMStateField(Name = "mac_reg[GPRC]")]
    internal uint MacRegGPRC;

    [VMStateField(Name = "mac_reg[GPTC]")]
    internal uint MacRegGPTC;

    [VMStateField(Name = "mac_reg[ICR]")]
    internal uint MacRegICR;

    [VMStateField(Name = "mac_reg[ICS]")]
    internal uint MacRegICS;

    [VMStateField(Name = "mac_reg[IMC]")]
    internal uint MacRegIMC;

    [VMStateField(Name = "mac_reg[IMS]")]
    internal uint MacRegIMS;

    [VMStateField(Name = "mac_reg[LEDCTL]")]
    internal uint MacRegLEDCTL;

    [VMStateField(Name = "mac_reg[MANC]")]
    internal uint MacRegMANC;

    [VMStateField(Name = "mac_reg[MDIC]")]
    internal uint MacRegMDIC;

    [VMStateField(Name = "mac_reg[MPC]")]
    internal uint MacRegMPC;

    [VMStateField(Name = "mac_reg[PBA]")]
    internal uint MacRegPBA;

    [VMStateField(Name = "mac_reg[RCTL]")]
    internal uint MacRegRCTL;

    [VMStateField(Name = "mac_reg[RDBAH]")]
    internal uint MacRegRDBAH;

    [VMStateField(Name = "mac_reg[RDBAL]")]
    internal uint MacRegRDBAL;

    [VMStateField(Name = "mac_reg[RDH]")]
    internal uint MacRegRDH;

    [VMStateField(Name = "mac_reg[RDLEN]")]
    internal uint MacRegRDLEN;

    [VMStateField(Name = "mac_reg[RDT]")]
    internal uint MacRegRDT;

    [VMStateField(Name = "mac_reg[STATUS]")]
    internal uint MacRegSTATUS;

    [VMStateField(Name = "mac_reg[SWSM]")]
    internal uint MacRegSWSM;

    [VMStateField(Name = "mac_reg[TCTL]")]
    internal uint MacRegTCTL;

    [VMStateField(Name = "mac_reg[TDBAH]")]
    internal uint MacRegTDBAH;

    [VMStateField(Name = "mac_reg[TDBAL]")]
    internal uint MacRegTDBAL;

    [VMStateField(Name = "mac_reg[TDH]")]
    internal uint MacRegTDH;

    [VMStateField(Name = "mac_reg[TDLEN]")]
    internal uint MacRegTDLEN;

    [VMStateField(Name = "mac_reg[TDT]")]
    internal uint MacRegTDT;

    [VMStateField(Name = "mac_reg[TORH]")]
    internal uint MacRegTORH;

    [VMStateField(Name = "mac_reg[TORL]")]
    internal uint MacRegTORL;

    [VMStateField(Name = "mac_reg[TOTH]")]
    internal uint MacRegTOTH;

    [VMStateField(Name = "mac_reg[TOTL]")]
    internal uint MacRegTOTL;

    [VMStateField(Name = "mac_reg[TPR]")]
    internal uint MacRegTPR;

    [VMStateField(Name = "mac_reg[TPT]")]
    internal uint MacRegTPT;

    [VMStateField(Name = "mac_reg[TXDCTL]")]
    internal uint MacRegTXDCTL;

    [VMStateField(Name = "mac_reg[WUFC]")]
    internal uint MacRegWUFC;

    [VMStateField(Name = "mac_reg[VET]")]
    internal uint MacRegVET;

    [VMStateArray(32, Name = "mac_reg")]
    internal readonly uint[] MacReg0 = new uint[32];

    [VMStateArray(128, Name = "mac_reg")]
    internal readonly uint[] MacReg1 = new uint[128];

    [VMStateArray(128, Name = "mac_reg")]
    internal readonly uint[] MacReg2 = new uint[128];

    [VMStateField(Name = "mac_reg[RDTR]", Subsection = "e1000/mit_state")]
    internal uint MacRegRDTR;

    [VMStateField(Name = "mac_reg[RADV]", Subsection = "e1000/mit_state")]
    internal uint MacRegRADV;

    [VMStateField(Name = "mac_reg[TADV]", Subsection = "e1000/mit_state")]
    internal uint MacRegTADV;

    [VMStateField(Name = "mac_reg[ITR]", Subsection = "e1000/mit_state")]
    internal uint MacRegITR;

    [VMStateField(Name = "mit_irq_level", Subsection = "e1000/mit_state")]
    internal bool MitIrqLevel;

    [VMStateArray(32768, Name = "mac_reg", Subsection = "e1000/full_mac_state")]
    internal readonly uint[] MacReg = new uint[32768];

    [VMStateField(Name = "tx.tso_props.ipcss", Subsection = "e1000/tx_tso_state")]
    internal byte TxTsoPropsIpcss;

    [VMStateField(Name = "tx.tso_props.ipcso", Subsection = "e1000/tx_tso_state")]
    internal byte TxTsoPropsIpcso;

    [VMStateField(Name = "tx.tso_props.ipcse", Subsection = "e1000/tx_tso_state")]
    internal ushort TxTsoPropsIpcse;

    [VMStateField(Name = "tx.tso_props.tucss", Subsection = "e1000/tx_tso_state")]
    internal byte TxTsoPropsTucss;

    [VMStateField(Name = "tx.tso_props.tucso", Subsection = "e1000/tx_tso_state")]
    internal byte TxTsoPropsTucso;

    [VMStateField(Name = "tx.tso_props.tucse", Subsection = "e1000/tx_tso_state")]
    internal ushort TxTsoPropsTucse;

    [VMStateField(Name = "tx.tso_props.paylen", Subsection = "e1000/tx_tso_state")]
    internal uint TxTsoPropsPaylen;

    [VMStateField(Name = "tx.tso_props.hdr_len", Subsection = "e1000/tx_tso_state")]
    internal byte TxTsoPropsHdrLen;

    [VMStateField(Name = "tx.tso_props.mss", Subsection = "e1000/tx_tso_state")]
    internal ushort TxTsoPropsMss;

    [VMStateField(Name = "tx.tso_props.ip", Subsection = "e1000/tx_tso_state")]
    internal sbyte TxTsoPropsIp;

    [VMStateField(Name = "tx.tso_props.tcp", Subsection = "e1000/tx_tso_state")]
    internal sbyte TxTsoPropsTcp;

    private bool IsFirst(uint version) => version == 1 && TxSize >= 0;

    private bool _hasMitState;

    private bool NeedsMitState() => _hasMitState;

    [VMStatePreLoad(Subsection = "e1000/mit_state")]
    private void NoteMitState() => _hasMitState = true;

    private bool _hasFullMacState;

    private bool NeedsFullMacState() => _hasFullMacState;

    [VMStatePreLoad(Subsection = "e1000/full_mac_state")]
    private void NoteFullMacState() => _hasFullMacState = true;

    private bool _hasTxTsoState;

    private bool NeedsTxTsoState() => _hasTxTsoState;

    [VMStatePreLoad(Subsection = "e1000/tx_tso_state")]
    private void NoteTxTsoState() => _hasTxTsoState = true;
}
